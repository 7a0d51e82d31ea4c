// Package repair has pdfcpu write a badly damaged PDF anew, so that it can be
// signed.
//
// It is the last resort. Package signer/pdf reads most damaged files by itself and
// signs them without changing a byte; of the strangers' files it refuses one for
// its structure. A repair changes the whole file: what pdfcpu does not understand
// is lost. It is therefore done only
//
//   - for a file that is damaged, never for a healthy one ([ErrHealthy]);
//   - before the first signature, never for a signed file ([ErrSigned]);
//   - for a file that is not encrypted, since its owner's permissions would be
//     lost ([ErrEncrypted]);
//   - when the user agrees: that is for the caller to ask.
//
// How to use it:
//
//	r := repair.New(repair.Config{Command: []string{self, "repair"}})
//	result, err := r.Repair(ctx, file, size)
//	// show and sign result.Document
//
// and in the command that Config names
//
//	err := repair.Child(os.Stdin, os.Stdout, memory)
//
// # Strangers' files
//
// pdfcpu can be made to recurse without end, or to take gigabytes, by files of two
// kilobytes. It therefore runs in a child process, one for each file, which reads
// the document from a pipe and writes to another; nothing of the document is
// written to a disk. The child has no environment, caps its own memory before it
// reads a byte, and is killed when its time is over or the caller leaves.
//
// # What is promised of a result
//
// It opens without a repair, has no signature and no encryption, as many pages as
// could be counted before, and no fewer form fields. Nothing is promised about what
// its pages show: the user should look at it before signing.
package repair
