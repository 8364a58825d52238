// Package drop names the places where frames and SDUs die between clients and NICs. Each has a counter of its name.
//
//	NIC ─▶ frame ─▶ label ─▶ control word ─▶ SDU ─▶ contract ─▶ ring    Rx
//	NIC ◀─────────────────── queue ◀─ contract ◀─ SDU ◀──────── ring    Tx
//
// Concurrency: there are constants and a table alone.
package drop
