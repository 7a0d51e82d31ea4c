// Package queue decides who runs which Request, and when: a pool of workers in
// this process, fed from the store. What is not finished when the process ends
// is taken up again at the next start, since the store knows it.
//
// A Request never runs twice at once. A handler that asks to be called again
// at a later time is; one that fails without asking is not, since it has
// stored the failure itself.
package queue
