// Package channel is what a link has of channels (VPI and VCI): which of them calls
// have, which rest or may not be used, and how messages name them.
//
// A [Table] gives channels to calls and takes them back. What the peer may not be
// given, or may not give, for a moment or longer, is kept beside the allocator:
//
//	        Allocate, Offered, Take             Rest               Release
//	[free] -------------------------> [in use] ------> [resting] ----------> [free]
//	   |                                 |       its call is over,
//	   |                                 |       its branch is not gone
//	   +-- Block ----> a RESTART of it is not acknowledged (Q.2931 5.5.1): Unblock
//	   +-- TakeOut --> nobody has acknowledged one: Return
//
// Block and TakeOut leave the calls on the channels as they are; no further call gets
// one. They name a [Range], which is what a RESTART is about: one channel, one path
// or the whole link (Q.2931 4.5.20, restart indicator).
//
// Nothing here blocks, and all of it belongs to the goroutine of its link.
package channel
