// Package intake reads the frames of a NIC for the ports that stand between it and the engine: packages cellport
// and wireport, which make SDUs of some frames and hand others on as they are.
//
//	NIC ── Fetch ──▶ [ frame ][ frame ][ frame ] ── Next ──▶ SDUs, or
//	                                              └ HandOn ─▶ a frame of the engine
package intake
