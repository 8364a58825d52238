// Package ringsize says how much memory the rings of a VC take, by what it carries and by what its client asks for.
//
//	floor ≤ 100 ms at the peak rate, or what is asked for ─▶ a power of two
//
// Concurrency: there are functions without state alone.
package ringsize
