// Package lookup finds what a frame is for: by its source the link, by its label what has that channel.
//
//	source ──▶ Peers ──▶ link
//	                      │
//	label ────────────▶ Channels
//	| VPI+1 (4) | VCI (8 upper bits) | VCI (8 lower bits) |
//	|<------------- root ----------->|<------ leaf ------>|
//
// A [Channels] has room for every channel of a link, 983 040 beside the labels set by hand. Empty it takes 37 KiB;
// each 256 neighbouring channels of which one is in use take 2 KiB. Finding one takes two loads, however many there are.
//
// # Concurrency
//
// Readers of a [Channels] take no lock; Set and Remove belong to one goroutine at a time. A reader may
// go on to see what was removed until it has been outside once: who removes waits for that before what was found is
// used for anything else. A [Peers] never changes after [NewPeers] but for what it remembers, so each reader has
// its own.
package lookup
