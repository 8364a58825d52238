package client

import (
	"context"
	"slices"
	"sync"

	"callmanager/api/cmdpb"
)

// statuses are the indications of the daemon's state that nobody has taken yet: the latest of each link, and the
// latest of the addresses.
type statuses struct {
	mu    sync.Mutex
	queue []*cmdpb.StatusIndication
	more  chan struct{} // holds a token while queue may have an element
}

// put queues an indication in place of the one of its link.
func (s *statuses) put(m *cmdpb.StatusIndication) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.queue, func(o *cmdpb.StatusIndication) bool { return o.GetLink() == m.GetLink() }); i >= 0 {
		m.Coalesced += 1 + s.queue[i].GetCoalesced()
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	s.queue = append(s.queue, m)
	s.signal()
}

// take returns the oldest indication, or nil.
func (s *statuses) take() *cmdpb.StatusIndication {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil
	}
	m := s.queue[0]
	s.queue = slices.Delete(s.queue, 0, 1)
	if len(s.queue) > 0 {
		s.signal()
	}
	return m
}

func (s *statuses) signal() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// NextStatus waits for the next thing that the daemon tells of its state: that a link takes calls or does
// not, that a link is being reset or has been, that the addresses have changed. Of what is not taken
// in time the latest of each link is kept, and its Coalesced counts what it stands for; Up and Resetting are
// the state of the link, whichever kind it is. The first one tells the addresses.
//
// It fails at once if the daemon is before version 1.3 of the protocol, and when the connection is gone.
func (c *Conn) NextStatus(ctx context.Context) (*cmdpb.StatusIndication, error) {
	if err := c.knowsModel(); err != nil {
		return nil, err
	}
	for {
		if m := c.statuses.take(); m != nil {
			return m, nil
		}
		select {
		case <-c.statuses.more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-c.done:
			return nil, c.err
		}
	}
}

// told handles StatusIndication.
func (c *Conn) told(m *cmdpb.StatusIndication) {
	if m.GetKind() == cmdpb.StatusKind_ADDRESS_CHANGE {
		c.mu.Lock()
		c.addresses, c.addressed = m.GetAddresses(), true
		c.mu.Unlock()
	}
	c.statuses.put(m)
}
