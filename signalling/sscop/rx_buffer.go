package sscop

// rxSD is the data of an SD PDU received out of order; buf is reused.
type rxSD struct {
	buf  []byte
	have bool
}

// rxBuffer holds what has been received above VR(R), within the window. Index 0 is VR(R), which is
// missing by definition.
type rxBuffer struct {
	slots []rxSD // size of them, made when the first SD is out of order
	size  int
	head  int
	held  int
}

// at returns the slot at index i.
func (r *rxBuffer) at(i int) *rxSD {
	return &r.slots[(r.head+i)%len(r.slots)]
}

// has reports whether index i is held.
func (r *rxBuffer) has(i int) bool {
	return r.held > 0 && r.at(i).have
}

// put copies data to index i, which is not held.
func (r *rxBuffer) put(i int, data []byte) {
	if r.slots == nil {
		r.slots = make([]rxSD, r.size)
	}
	sd := r.at(i)
	sd.buf = append(sd.buf[:0], data...)
	sd.have = true
	r.held++
}

// advance moves VR(R) on by one and reports whether the SD that it now names is held; if so, that
// SD is no longer held and its data returned. The data stay until the next put.
func (r *rxBuffer) advance() ([]byte, bool) {
	if r.held == 0 {
		return nil, false
	}
	r.head = (r.head + 1) % len(r.slots)
	sd := r.at(0)
	if !sd.have {
		return nil, false
	}
	sd.have = false
	r.held--
	return sd.buf, true
}

// clear forgets all SDs and, if there were any, their memory.
func (r *rxBuffer) clear() {
	if r.held > 0 {
		r.slots = nil
	}
	r.head, r.held = 0, 0
}
