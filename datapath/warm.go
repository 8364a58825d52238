package datapath

import (
	"encoding/binary"

	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/lookup"
	"callmanager/datapath/ring"
	"callmanager/nicio"
)

const (
	// samples is how many frames of a batch are looked at to tell whether it is of many VCs.
	samples = 8
	// leastWarm is how many of them are not of the VC of the one before if it is.
	leastWarm = 3
)

// A warmer reads ahead what a batch will need, VC by VC: a table's leaf, the branch, its circuit, the ring. With
// many VCs each of these is far away in memory, and to find one takes the one before. A stage here reads the
// same thing of all VCs of a batch, none of which waits for another, so the processor fetches many at a time.
// What is read is not kept; a branch that has gone meanwhile is found gone when its frame is looked at.
//
//	labels ─▶ branch, branch, ... ─▶ circuit, circuit, ... ─▶ ring, ring, ...
type warmer struct {
	branches  [nicio.BatchSize]*branch
	circuits  [nicio.BatchSize]*circuit
	producers [nicio.BatchSize]*ring.Producer
	sum       uint64 // Of all that was read, for the reads to be made.
}

// ahead reads ahead for a batch.
func (w *warmer) ahead(r *receiver, frames []nicio.RxFrame) {
	if !mixed(frames) {
		return
	}
	n := w.labels(&r.peers, frames)
	sum := uint64(0)
	for i, b := range w.branches[:n] {
		if b.rx != r { // It is another worker's, as a frame is that comes on a wrong one.
			w.circuits[i] = nil
			continue
		}
		w.circuits[i] = b.circuit
		sum += uint64(b.maxSDU.Load()) + b.sdus //nolint:gosec // any number will do
		if b.joining != nil || b.policer.On() {
			sum++
		}
	}
	for i, c := range w.circuits[:n] {
		if c != nil && c.refuses() == drop.Delivered {
			sum += c.rx.sdus.Load()
			w.producers[i] = c.into
		}
	}
	for _, p := range w.producers[:n] {
		if p != nil {
			sum += p.Warm()
		}
	}
	w.sum += sum
	clear(w.branches[:n])
	clear(w.circuits[:n])
	clear(w.producers[:n])
}

// mixed reports whether a batch is of several VCs, by samples. One of a few runs needs nothing read ahead, and pays for
// no more than that.
func mixed(frames []nicio.RxFrame) bool {
	changes, last := 0, uint32(0)
	for i := 0; i < len(frames); i += (len(frames) + samples - 1) / samples {
		if payload := frames[i].Payload(); len(payload) >= frame.EntryLen {
			entry := binary.BigEndian.Uint32(payload)
			if entry != last && i > 0 {
				changes++
			}
			last = entry
		}
	}
	return changes >= leastWarm
}

// labels finds the branches of a batch; neighbours of one VC count once.
func (w *warmer) labels(peers *lookup.Peers[link], frames []nicio.RxFrame) (n int) {
	last := frame.Entry(0)
	for i := range frames {
		f := &frames[i]
		payload := f.Payload()
		if len(payload) < frame.EntryLen {
			continue
		}
		entry := frame.Entry(binary.BigEndian.Uint32(payload))
		if entry == last {
			continue
		}
		last = entry
		l := peers.Find(lookup.Source(f.Buf))
		if l == nil {
			continue
		}
		if b := l.table.Find(entry.Label()); b != nil {
			w.branches[n] = b
			n++
		}
	}
	return n
}
