// Package tally counts what links carry and lists it by the names that counters have.
//
//	a link's workers            List
//	Received, Received ──sum──▶ rx_frames, rx_sdus, ... rx_drop_*
//	Sent, Sent         ──sum──▶ tx_sdus, tx_octets, tx_drop_*
//	ports              ──sum──▶ nic_rx_frames, ...
//	cell ports         ──sum──▶ cell_*
//
// Each worker has a [Received] and a [Sent] of its own for each link, on cache lines of their own, so counting
// costs nobody else anything.
//
// Concurrency: any goroutine may add to the counters and list them at any time. A [List] belongs to one.
package tally
