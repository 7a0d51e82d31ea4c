package preview

import (
	"fmt"
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// An arena is the memory of a worker's instances, one after another. It is
// mapped once and emptied between two instances: on the garbage-collected heap,
// a few instances that grew to their limit would add up to a gigabyte before
// they are collected. It is never unmapped while an instance may still be
// looked at, so that a fault inside cannot become a fault of this process.
type arena struct {
	memory []byte
	busy   bool
}

// newArena reserves address space; memory is taken when it is first used.
func newArena(pages uint32) (*arena, error) {
	memory, err := syscall.Mmap(-1, 0, int(pages)<<16, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map memory: %w", err)
	}
	return &arena{memory: memory}, nil
}

// allocator gives what wazero asks for the memory of an instance.
func (a *arena) allocator() experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory {
		if a.busy { // a worker has one instance at a time
			panic("two instances in one worker")
		}
		a.busy = true
		return a
	})
}

// Reallocate implements experimental.LinearMemory.
func (a *arena) Reallocate(size uint64) []byte {
	if size > uint64(len(a.memory)) {
		return nil
	}
	return a.memory[:size:size]
}

// Free implements experimental.LinearMemory: the pages go back to the system,
// and the next instance finds zeros.
func (a *arena) Free() {
	a.busy = false
	if err := syscall.Madvise(a.memory, syscall.MADV_DONTNEED); err != nil {
		clear(a.memory)
	}
}

// unmap gives the address space back. Nothing may use the memory any more.
func (a *arena) unmap() error {
	if err := syscall.Munmap(a.memory); err != nil {
		return fmt.Errorf("unmap memory: %w", err)
	}
	return nil
}
