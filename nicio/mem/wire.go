package mem

import (
	"fmt"
	"sync"
	"time"

	"callmanager/nicio"
)

// Config says what a wire is.
type Config struct {
	// Seed determines all random choices, together with the order of frames on each path.
	Seed uint64
	// Faults are in force from the start; see [Wire.SetFaults].
	Faults Faults
	// Clock measures delays; nil means package time.
	Clock Clock
}

// Stats counts what happened to frames on a wire. At every instant, exactly,
//
//	Sent + Flooded + Duplicated + Copied =
//		Delivered + Lost + Down + Overrun + Unclaimed + Unreachable + InFlight
//
// and for each port RxQueued = all frames that its ReadBatch delivered or counted as dropped +
// [Port.Pending].
type Stats struct {
	Sent       uint64 // Frames that ports have put on the wire.
	Flooded    uint64 // Copies made of frames for a group or an unknown address, beyond the first.
	Duplicated uint64 // Copies made by the fault of that name.
	Copied     uint64 // Copies made for further ports of the receiving station, beyond the first.

	Delivered   uint64 // Put into a port's queue.
	Lost        uint64 // Vanished by the fault of that name.
	Down        uint64 // Arrived at a station that is down.
	Overrun     uint64 // Arrived at a full queue.
	Unclaimed   uint64 // Arrived at a station none of whose ports wanted it.
	Unreachable uint64 // Sent when there was no other station.
	InFlight    uint64 // Held back or delayed at this moment.

	Corrupted uint64 // Frames changed; they are counted above as well.
	Reordered uint64 // Frames overtaken by a later one of their path, or by their own copy; counted above as well.
}

// A Wire is an Ethernet segment.
type Wire struct {
	mu       sync.Mutex
	seed     uint64
	faults   Faults
	clock    Clock
	stations []*Station
	byMAC    map[nicio.MAC]*Station
	transit  transitHeap
	serial   uint64    // Orders equal due times.
	armed    time.Time // When the earliest timer under way fires; zero: none.
	free     [][]byte  // Frame memory to use again.
	stats    Stats
}

// New makes a segment without stations. It panics on faults that are no probabilities or negative
// times, which only a broken test can pass.
func New(cfg Config) *Wire {
	if err := cfg.Faults.check(); err != nil {
		panic(err)
	}
	if cfg.Clock == nil {
		cfg.Clock = wallClock{}
	}
	return &Wire{
		seed:   cfg.Seed,
		faults: cfg.Faults,
		clock:  cfg.Clock,
		byMAC:  make(map[nicio.MAC]*Station),
	}
}

// SetFaults replaces the faults for frames sent from now on. It panics as [New] does.
func (w *Wire) SetFaults(f Faults) {
	if err := f.check(); err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = f
}

// Station returns the station with an address and makes it if there is none: up, with an MTU of
// 1500 octets. Group addresses and the zero address are refused.
func (w *Wire) Station(mac nicio.MAC) (*Station, error) {
	if mac.IsGroup() || mac.IsZero() {
		return nil, fmt.Errorf("nicio/mem: %v is no station address", mac)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.byMAC[mac]; ok {
		return s, nil
	}
	s := &Station{wire: w, mac: mac, mtu: defaultMTU, up: true, paths: make(map[*Station]*path)}
	w.byMAC[mac] = s
	w.stations = append(w.stations, s)
	return s, nil
}

// Open opens a port at the station with an address, and makes the station if there is none.
func (w *Wire) Open(mac nicio.MAC, cfg nicio.Config) (*Port, error) {
	s, err := w.Station(mac)
	if err != nil {
		return nil, err
	}
	return s.Open(cfg)
}

// Stats returns the counters of this instant.
func (w *Wire) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// Flush delivers at once every frame that is held back or delayed: the held ones first go on their
// way, then all arrive in the order in which they were due.
func (w *Wire) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.stations {
		for _, to := range w.stations {
			if p := s.paths[to]; p != nil {
				p.release(func(*held) bool { return true })
			}
		}
	}
	for len(w.transit) > 0 {
		w.arrive(w.transit.pop())
	}
}

// send puts a frame on the wire. The wire is locked.
func (w *Wire) send(from *Station, head, body []byte) {
	w.stats.Sent++
	dst := nicio.MAC(frameDest(head, body))
	if to, ok := w.byMAC[dst]; ok && to != from {
		from.pathTo(to).enter(w.frame(head, body))
		return
	}
	var copies uint64
	for _, to := range w.stations {
		if to != from {
			from.pathTo(to).enter(w.frame(head, body))
			copies++
		}
	}
	if copies == 0 {
		w.stats.Unreachable++
		return
	}
	w.stats.Flooded += copies - 1
}

// frameDest returns the first six octets of a frame of at least that many.
func frameDest(head, body []byte) [6]byte {
	var dst [6]byte
	n := copy(dst[:], head)
	copy(dst[n:], body)
	return dst
}

// frame copies a frame into memory of the wire.
func (w *Wire) frame(head, body []byte) []byte {
	var b []byte
	if n := len(w.free); n > 0 {
		b, w.free = w.free[n-1], w.free[:n-1]
	}
	return append(append(b[:0], head...), body...)
}

// recycle takes back the memory of a frame.
func (w *Wire) recycle(frame []byte) { w.free = append(w.free, frame) }
