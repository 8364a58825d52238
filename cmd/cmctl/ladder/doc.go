// Package ladder prints signalling between two hosts as a ladder, one line a PDU, and picks the PDUs of one call.
//
//	TraceEvent ──▶ Filter ──▶ Ladder ──▶ 15:04:05.000000  alice  -- SETUP ----------------->  bob  13/ours  to 4700... BCOB-X
//	               (a call)              15:04:05.000100  alice  <-------- CALL PROCEEDING --  bob  13/ours  0/32
//
// The words are those of package signalling/dissect. What peers send cannot disturb a terminal: it is made printable.
//
// Concurrency: a [Ladder] is for one goroutine at a time; a [Filter] is only read.
package ladder
