package ring

import "sync/atomic"

// view is one ring as one side sees it: the control block and the record area, the latter both as octets
// and as words. The record area is a power of two octets, at least MinSize.
type view struct {
	ctl   *control
	data  []byte
	words []uint64 // The same memory as data.
}

// size returns the octets of the record area.
func (v *view) size() uint64 { return uint64(len(v.data)) }

// load reads the header at a position, exactly once: the peer may write to it at any time.
//
//hot:bce
func (v *view) load(pos uint64) header {
	if len(v.words) == 0 {
		return 0
	}
	return header(atomic.LoadUint64(&v.words[int(pos/recordAlign)&(len(v.words)-1)]))
}

// store writes the header at a position that is not published yet. The store of tail orders it.
//
//hot:bce
func (v *view) store(pos uint64, h header) {
	if len(v.words) == 0 {
		return
	}
	v.words[int(pos/recordAlign)&(len(v.words)-1)] = uint64(h)
}

// payload returns the n octets behind the header at offset off. It is the one place that slices ring memory, and
// keeps its bounds check on purpose: a wrong length stops here, not in a neighbour's record.
func (v *view) payload(off, n uint64) []byte {
	from := off + recordHeader
	return v.data[from : from+n : from+n]
}

// publish stores an index, announce a flag, each before a load of a word of the other side: the store must not be
// delayed beyond that load (RING.md section 5). An exchange is that on every build, and the same
// instruction as a store on amd64. A Store is not: on memory outside the Go heap the race detector's runtime makes
// a release store of it, and wake-ups are lost under -race.
func publish(word *atomic.Uint64, index uint64) { word.Swap(index) }

func announce(word *atomic.Uint32) { word.Swap(1) }

// drops counts what was lost at a ring. Only the daemon's end writes the shared counters.
type drops struct {
	ctl             *control
	records, octets uint64
	owned, dirty    bool
}

// count adds records.
func (d *drops) count(records, octets uint64) {
	d.records += records
	d.octets += octets
	d.dirty = d.dirty || records > 0
}

// publish stores the counters where the client reads them.
func (d *drops) publish() {
	if !d.dirty {
		return
	}
	d.dirty = false
	if d.owned {
		d.ctl.droppedRecords.Store(d.records)
		d.ctl.droppedOctets.Store(d.octets)
	}
}

// read returns the daemon's counts.
func (d *drops) read() (records, octets uint64) {
	if d.owned {
		return d.records, d.octets
	}
	return d.ctl.droppedRecords.Load(), d.ctl.droppedOctets.Load()
}
