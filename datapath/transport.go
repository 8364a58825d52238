package datapath

import (
	"callmanager/datapath/frame"
)

// newCarrier makes the part of an engine that serves a transport.
func newCarrier(name string, t Transport) *nic {
	st := t.Status()
	n := newNIC(name, NIC{Data: t.Data(), Control: t.Control(), MTU: frame.HeadLen + int(st.MaxSDU), Speed: st.Speed})
	n.transport = t
	return n
}

// runTransport follows a transport until the engine closes.
func (e *Engine) runTransport(n *nic) {
	w := newWatch(e, n)
	n.transport.Start(n.attend)
	for {
		st := n.transport.Status()
		if err := n.failure.Load(); err != nil {
			st.Up, st.Reason = false, (*err).Error()
		}
		for _, l := range n.links {
			l.maxSDU.Store(int64(st.MaxSDU))
			w.tell(l, st)
		}
		select {
		case <-e.stop.Done():
			return
		case <-n.attention:
		}
	}
}
