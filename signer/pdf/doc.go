// Package pdf reads PDF files as far as a signature needs it, and appends
// signatures to them. It knows nothing of certificates, CMS, keys or fonts.
//
// The files it meets are strangers' files: the reader loads what it is asked
// for and no more, and every depth, count, length and loop in it is bounded.
// The writer never changes a byte of its input: it appends an increment
// (ISO 32000-2, 7.5.6), in which each value that it does not mean to change
// stands byte for byte as it was read.
package pdf
