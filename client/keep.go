package client

import (
	"errors"
	"fmt"
	"io"

	"callmanager/api/cmdpb"
	"callmanager/datapath/ring"
)

// keep ends the use of a VC's rings: they wait for another VC, if the daemon knows of that and they are
// sound. It waits for those who use them at the moment, and reports whether the daemon has been told.
func (v *VC) keep() bool {
	c := v.conn
	if !c.recent.Load() {
		return false
	}
	v.ep.Retire()
	<-v.ep.Done()
	if err := v.ep.Rx.Err(); err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	c.mu.Lock()
	stands := c.kept != nil
	if stands {
		c.kept[v.handle] = v.ep
	}
	c.mu.Unlock()
	if !stands {
		return false
	}
	if err := c.post(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{
		RingDone: &cmdpb.RingDone{Vc: v.handle, Keep: true},
	}}, nil); err != nil {
		c.unkeep(v.handle)
		return false
	}
	return true
}

// unkeep gives rings back that wait for a VC, at the daemon's word.
func (c *Conn) unkeep(vc uint64) {
	c.mu.Lock()
	ep := c.kept[vc]
	delete(c.kept, vc)
	c.mu.Unlock()
	if ep != nil {
		_ = ep.Close() // never fails
	}
}

// reuse returns the rings that a VC was kept for, as new.
func (c *Conn) reuse(vc uint64) (*ring.Endpoint, error) {
	c.mu.Lock()
	old := c.kept[vc]
	delete(c.kept, vc)
	c.mu.Unlock()
	if old == nil {
		return nil, fmt.Errorf("client: %w: no rings of VC %#x are kept", errProtocol, vc)
	}
	ep, err := old.Renew()
	if err != nil {
		_ = old.Close() // never fails
		return nil, fmt.Errorf("client: the kept rings of VC %#x: %w", vc, err)
	}
	return ep, nil
}
