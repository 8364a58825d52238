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
	branches := w.branches[:w.labels(&r.peers, frames)]
	circuits, producers := w.circuits[:0], w.producers[:0]
	sum := uint64(0)
	for _, b := range branches {
		if b.rx != r { // It is another worker's, as a frame is that comes on a wrong one.
			continue
		}
		circuits = append(circuits, b.circuit)
		sum += uint64(b.maxSDU.Load()) + b.sdus //nolint:gosec // any number will do
		if b.joining != nil || b.policer.On() {
			sum++
		}
	}
	for _, c := range circuits {
		if c.refuses() == drop.Delivered {
			producers = append(producers, c.into)
			sum += c.rx.sdus.Load()
		}
	}
	for _, p := range producers {
		sum += p.Warm()
	}
	w.sum += sum
	clear(branches)
	clear(circuits)
	clear(producers)
}

// mixed reports whether a batch is of several VCs, by samples. One of a few runs needs nothing read ahead, and pays for
// no more than that.
func mixed(frames []nicio.RxFrame) bool {
	changes, last := 0, frame.Entry(0)
	for i := 0; i < len(frames); i += (len(frames) + samples - 1) / samples {
		entry := entryOf(&frames[i])
		if entry != last && i > 0 {
			changes++
		}
		last = entry
	}
	return changes >= leastWarm
}

// entryOf returns the label stack entry of a frame, or 0 if it ends before.
func entryOf(f *nicio.RxFrame) frame.Entry {
	payload := f.Payload()
	if len(payload) < frame.EntryLen {
		return 0
	}
	return frame.Entry(binary.BigEndian.Uint32(payload))
}

// labels finds the branches of a batch; neighbours of one VC count once.
func (w *warmer) labels(peers *lookup.Peers[link], frames []nicio.RxFrame) (n int) {
	last := frame.Entry(0)
	for i := range frames {
		entry := entryOf(&frames[i])
		if entry == last {
			continue
		}
		last = entry
		l := peers.Find(lookup.Source(frames[i].Buf))
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
