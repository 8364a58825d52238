// Package handle gives out the names by which clients know what the daemon holds for them.
//
//	| generation (32) | slot (32) |
//
// Handles are opaque, not zero, and never reused while a stale holder could still name them: the generation of a slot
// rises when what it names goes.
//
// Concurrency: a [Table] belongs to one goroutine.
package handle
