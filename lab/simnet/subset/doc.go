// Package subset looks for small sets that still fail: by which actions a run breaks a rule,
// for one.
//
//	all ── halves left out one at a time ──▶ fewer ── quarters ──▶ ... ── single ones ──▶ a minimum
package subset
