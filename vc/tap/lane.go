package tap

import (
	"encoding/binary"
	"sync/atomic"

	"callmanager/vc"
)

// cacheLines keeps what two goroutines write apart.
type cacheLines [128]byte

// A lane is a ring of records between one writer and one reader. A record is contiguous; where the end
// of the memory has no room for one, a gap is skipped.
//
//	         tail                 head      next
//	          ▼                    ▼         ▼
//	┌───────┬─────────────────────┬─────────┬────────┐
//	│ free  │ records to be read  │ written │ free   │
//	└───────┴─────────────────────┴─────────┴────────┘
//
//	record, in octets: size 4, flags 1, VPI 1, link 2, VCI 2, spare 2, kept 4, length 4, spare 4, time 8,
//	then what is kept, to a multiple of 8; of a gap size and flags alone
type lane struct {
	buf []byte // A power of two.

	_    cacheLines
	next uint64 // The writer's: behind the last record written.
	seen uint64 // The writer's copy of tail.
	head atomic.Uint64

	_    cacheLines
	tail atomic.Uint64
	_    cacheLines
}

const (
	recordHeader = 32
	recordAlign  = 8
	flagSent     = 1
	flagControl  = 2
	flagGap      = 4 // Nothing but room up to the end of the memory.
)

func newLane(size int) *lane { return &lane{buf: make([]byte, size)} }

// put writes a record of which at most snap octets are kept; 0 keeps all. It reports false if there is
// no room.
func (l *lane) put(m *Meta, snap int, head, body []byte) bool {
	length := len(head) + len(body)
	kept := length
	if snap > 0 {
		kept = min(kept, snap)
	}
	size := (recordHeader + kept + recordAlign - 1) &^ (recordAlign - 1)
	at := int(l.next & uint64(len(l.buf)-1))
	gap := 0
	if room := len(l.buf) - at; room < size {
		gap = room
	}
	if l.next+uint64(gap+size)-l.seen > uint64(len(l.buf)) {
		l.seen = l.tail.Load()
		if l.next+uint64(gap+size)-l.seen > uint64(len(l.buf)) {
			return false
		}
	}
	if gap > 0 {
		binary.LittleEndian.PutUint32(l.buf[at:], uint32(gap))
		l.buf[at+gapFlags] = flagGap
		l.next += uint64(gap)
		at = 0
	}
	encode(l.buf[at:at+size], m, size, kept, length)
	n := copy(l.buf[at+recordHeader:at+recordHeader+kept], head)
	copy(l.buf[at+recordHeader+n:at+recordHeader+kept], body)
	l.next += uint64(size)
	return true
}

// gapFlags is where the flags are. A gap has eight octets at least, so they are put where they fit.
const gapFlags = 4

// encode writes the header of a record.
func encode(b []byte, m *Meta, size, kept, length int) {
	le := binary.LittleEndian
	flags := byte(0)
	if m.Sent {
		flags |= flagSent
	}
	if m.Control {
		flags |= flagControl
	}
	le.PutUint32(b[0:], uint32(size))
	b[gapFlags], b[5] = flags, byte(m.ID.VPI)
	le.PutUint16(b[6:], uint16(m.ID.Link))
	le.PutUint16(b[8:], uint16(m.ID.VCI))
	le.PutUint32(b[12:], uint32(kept))
	le.PutUint32(b[16:], uint32(length))
	le.PutUint64(b[24:], uint64(m.Time))
}

// publish makes the records visible to the reader.
func (l *lane) publish() {
	if l.next != l.head.Load() {
		l.head.Store(l.next)
	}
}

// take appends what is there to packets, with octets in memory of its own.
func (l *lane) take(packets []Packet) []Packet {
	head, tail := l.head.Load(), l.tail.Load()
	if head == tail {
		return packets
	}
	from, to := int(tail&uint64(len(l.buf)-1)), int(head&uint64(len(l.buf)-1))
	if from < to {
		packets = decode(packets, append([]byte(nil), l.buf[from:to]...))
	} else {
		packets = decode(packets, append([]byte(nil), l.buf[from:]...))
		packets = decode(packets, append([]byte(nil), l.buf[:to]...))
	}
	l.tail.Store(head)
	return packets
}

// decode reads records.
func decode(packets []Packet, b []byte) []Packet {
	le := binary.LittleEndian
	for len(b) > 0 {
		size, flags := int(le.Uint32(b)), b[gapFlags]
		if flags&flagGap == 0 {
			kept := int(le.Uint32(b[12:]))
			packets = append(packets, Packet{
				Meta: Meta{
					Time: int64(le.Uint64(b[24:])),
					ID:   vc.ID{Link: vc.LinkID(le.Uint16(b[6:])), VPI: vc.VPI(b[5]), VCI: vc.VCI(le.Uint16(b[8:]))},
					Sent: flags&flagSent != 0, Control: flags&flagControl != 0,
				},
				Length: int(le.Uint32(b[16:])), Octets: b[recordHeader : recordHeader+kept : recordHeader+kept],
			})
		}
		b = b[size:]
	}
	return packets
}
