// Package mailbox hands functions to the goroutine that owns what they touch.
//
//	anybody ── Post ──▶ Box ── Run ──▶ the owner, between two batches of its work
//	the owner ─ Post ─▶ Board ── Run ─▶ a goroutine of the board's own: code of others
//
// A worker looks into its [Box] for the price of one atomic load. What a worker has to tell others goes through
// a [Board], so that no callback, however slow, runs on a worker.
package mailbox
