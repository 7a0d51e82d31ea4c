//go:build !linux

package preview

import "github.com/tetratelabs/wazero/experimental"

// An arena stands here for the garbage-collected heap: see memory_linux.go for
// what is better there.
type arena struct{}

func newArena(uint32) (*arena, error) { return &arena{}, nil }

func (*arena) allocator() experimental.MemoryAllocator { return nil }

func (*arena) unmap() error { return nil }
