// Package lookup finds what a received frame belongs to: the link of its source address, and of that the branch of
// its label. Both are found without a lock and in constant time.
//
//	source address ─▶ Peers ─▶ link ─▶ Channels ─▶ branch
//
// Concurrency: a [Peers] belongs to one goroutine. A [Channels] has one writer at a time and any number of readers.
package lookup
