// Package ladder takes down what happens in a run of package simnet: frames with
// what becomes of them, what clients ask and are told, and lines of any kind, each
// with its time. It is the ladder that a failing run is shown by.
//
// Concurrency: a record belongs to one run.
package ladder
