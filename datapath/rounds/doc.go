// Package rounds keeps those that want to send in their order: in queues, in a round of queues by rank, and in a heap
// by time. What is kept has a [Member] in itself, so that nothing is allocated and any of them is taken out at once.
//
//	            Round                                     Heap
//	CBR         a ─ b                                       e 10
//	rt-VBR                                                 ╱    ╲
//	nrt-VBR     c          First: a, while it is there   f 15    g 12     Expire: who is due, the earliest first
//	UBR, MDCR
//	UBR         d
//
// A member is in one queue at most, and in one heap at most; it may be in one of each at a time.
//
// Concurrency: a member and all that it is put into belong to one goroutine.
package rounds
