package mem

import (
	"errors"
	"fmt"

	"golang.org/x/net/bpf"

	"callmanager/nicio"
)

const defaultMTU = 1500

// A Station is one address on a wire: what a NIC is to its sockets.
type Station struct {
	wire  *Wire
	mac   nicio.MAC
	mtu   int
	up    bool
	ports []*Port
	paths map[*Station]*path // By receiver.
}

// MAC returns the station's address.
func (s *Station) MAC() nicio.MAC { return s.mac }

// SetMTU sets the largest payload in octets that the station's ports can send. It does not bound
// what they receive.
func (s *Station) SetMTU(mtu int) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.mtu = mtu
}

// SetUp takes the station off the wire or puts it back. Frames that arrive meanwhile are counted as
// Down on the wire, frames written as TxDown at their port; each port sees one RxDown event at
// every "down".
func (s *Station) SetUp(up bool) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if s.up && !up {
		for _, p := range s.ports {
			p.downEvent = true
			p.signal()
		}
	}
	s.up = up
}

// Open opens a port. Interface, Priority, SendBuffer and Spin of the configuration mean nothing
// here; RecvBuffer bounds the queue in octets of frames and defaults to [nicio.MinRecvBuffer]. The
// filter may use no other kernel extension than the frame's length.
func (s *Station) Open(cfg nicio.Config) (*Port, error) {
	p := &Port{
		station:   s,
		etherType: cfg.EtherType,
		deaf:      cfg.TransmitOnly,
		limit:     cfg.RecvBuffer,
		ready:     make(chan struct{}, 1),
		wake:      make(chan struct{}, 1),
		done:      make(chan struct{}),
	}
	if p.etherType == 0 {
		p.etherType = nicio.EtherTypeMPLS
	}
	if p.limit == 0 {
		p.limit = nicio.MinRecvBuffer
	}
	if len(cfg.Filter) > 0 {
		prog, ok := bpf.Disassemble(cfg.Filter)
		if !ok {
			return nil, errors.New("nicio/mem: open port: filter has unknown instructions")
		}
		vm, err := bpf.NewVM(prog)
		if err != nil {
			return nil, fmt.Errorf("nicio/mem: open port: filter: %w", err)
		}
		p.filter = vm
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.ports = append(s.ports, p)
	return p, nil
}

// OpenFanout opens so many ports with one configuration, among which frames are dealt out as those of a
// [nicio.Fanout] are.
func (s *Station) OpenFanout(cfg nicio.Config, members int) ([]*Port, error) {
	ports := make([]*Port, members)
	for i := range ports {
		p, err := s.Open(cfg)
		if err != nil {
			return nil, err
		}
		s.wire.mu.Lock()
		p.member, p.members = i, members
		s.wire.mu.Unlock()
		ports[i] = p
	}
	return ports, nil
}

// pathTo returns the path to another station. The wire is locked.
func (s *Station) pathTo(to *Station) *path {
	p, ok := s.paths[to]
	if !ok {
		p = newPath(s.wire, s, to)
		s.paths[to] = p
	}
	return p
}

// accept hands a frame that has arrived to the station's ports. The wire is locked and keeps the
// memory.
func (s *Station) accept(frame []byte) {
	stats := &s.wire.stats
	if !s.up {
		stats.Down++
		return
	}
	var claims uint64
	for _, p := range s.ports {
		keep := p.wants(frame)
		if keep == 0 {
			continue
		}
		claims++
		if p.enqueue(frame[:keep]) {
			stats.Delivered++
		} else {
			stats.Overrun++
		}
	}
	if claims == 0 {
		stats.Unclaimed++
		return
	}
	stats.Copied += claims - 1
}
