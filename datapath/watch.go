package datapath

import (
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

// rebindPause is how long the watch waits before it tries again to bind to an interface that is
// there.
const rebindPause = time.Second

// A watch follows the state of a NIC for the links on it. One goroutine owns it.
type watch struct {
	e    *Engine
	n    *nic
	last map[*link]vc.LinkStatus

	bind error  // Why the ports are not bound to an interface that is there.
	by   string // How data left when that was told last,
	from string // and how it came.
}

func newWatch(e *Engine, n *nic) *watch {
	return &watch{e: e, n: n, last: make(map[*link]vc.LinkStatus)}
}

// runWatch follows a NIC until the engine closes.
func (e *Engine) runWatch(n *nic) {
	w := newWatch(e, n)
	state := rtnl.Link{Name: n.name}
	changes := n.changes
	if n.sockets == nil {
		state = rtnl.Link{Name: n.name, Index: 1, MTU: n.mtu, Up: true, Carrier: true, Ethernet: true, Speed: uint64(n.speed)}
		w.apply(state)
	}
	retry := newTimer(rebindPause)
	defer retry.Stop()
	for {
		retry.Stop()
		if w.bind != nil {
			retry.Reset(rebindPause)
		}
		select {
		case <-e.stop.Done():
			return
		case s, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			state = s
		case <-n.attention:
		case <-retry.C:
		}
		w.apply(state)
	}
}

// apply takes a state over and tells what has changed by it.
func (w *watch) apply(s rtnl.Link) {
	w.rebind(s)
	w.tellPaths()
	if s.Exists() && s.MTU > 0 {
		for _, r := range w.n.rx {
			r.fit(s.MTU)
		}
		for _, p := range w.n.cells {
			p.SetMTU(s.MTU)
		}
		if w.n.wires != nil {
			w.n.wires.SetMTU(s.MTU)
		}
	}
	for _, l := range w.n.links {
		l.address(w.n.data[0].MAC())
		if s.Exists() {
			l.maxSDU.Store(int64(l.maxSDUAt(s.MTU)))
			l.framing.Store(l.framingAt(s.MTU))
			w.pace(l, l.capacityAt(vc.BitRate(s.Speed)))
		}
		w.tell(l, w.status(l, s))
	}
}

// pace holds a link to a capacity, if that is a new one.
func (w *watch) pace(l *link, r vc.BitRate) {
	if l.carries.Swap(uint64(r)) != uint64(r) {
		l.setLine(r)
	}
}

// tell reports the state of a link unless it was reported last.
func (w *watch) tell(l *link, st vc.LinkStatus) {
	if last, ok := w.last[l]; ok && last == st {
		return
	}
	w.last[l] = st
	if tell := w.e.cfg.Status; tell != nil {
		id := l.id
		w.e.notice.Post(func() { tell(id, st) })
	}
}

// rebind binds the sockets to whatever has the name now.
func (w *watch) rebind(s rtnl.Link) {
	w.bind = nil
	for _, p := range w.n.sockets {
		if err := p.Rebind(); err != nil && s.Exists() {
			w.bind = err
		}
	}
}

// tellPaths reports how data leaves the NIC and comes from it unless that was reported last.
func (w *watch) tellPaths() {
	if w.n.xdp {
		by, err := w.transmit()
		w.tellPath(&w.by, w.e.cfg.Transmit, by, err)
	}
	if w.n.hear {
		by, err := w.n.sockets[0].Receive()
		w.tellPath(&w.from, w.e.cfg.Arrival, by, err)
	}
}

// tellPath reports one of the two.
func (w *watch) tellPath(last *string, tell func(string, nicio.Path, error), by nicio.Path, err error) {
	if tell == nil || by == nicio.PathPacket && err == nil {
		return // Or there is no NIC.
	}
	told := by.String()
	if err != nil {
		told += ": " + err.Error()
	}
	if told == *last {
		return
	}
	*last = told
	name := w.n.name
	w.e.notice.Post(func() { tell(name, by, err) })
}

// transmit returns how data leaves the NIC: by AF_XDP if that of every worker does, else as that of the first that
// does not.
func (w *watch) transmit() (by nicio.Path, err error) {
	workers := len(w.n.data)
	for i, p := range w.n.sockets[:workers] {
		by, err = p.Transmit()
		if err != nil && workers > 1 {
			err = fmt.Errorf("worker %d of %d: %w", i, workers, err)
		}
		if by != nicio.PathXDP {
			break
		}
	}
	return by, err
}

// status says what a state of the NIC means for a link.
func (w *watch) status(l *link, s rtnl.Link) vc.LinkStatus {
	st := vc.LinkStatus{Speed: vc.BitRate(s.Speed), Framing: *l.framing.Load()}
	if s.Exists() {
		st.MAC = vc.MAC(w.n.data[0].MAC())
		if st.MaxSDU = uint16(l.maxSDUAt(s.MTU)); st.MaxSDU > 0 {
			st.Largest = vc.MaxSDULen
		}
		if l.cells != nil {
			st.MaxSDU = min(st.MaxSDU, usualCellSDU)
		}
		st.ReceiveBuffer = w.buffer(l, st.Speed)
	}
	st.Reason = w.fault(l, s)
	if st.Reason == "" && st.MAC == l.peer {
		st.Reason = fmt.Sprintf("peer %s is this interface's own address", l.peer)
	}
	st.Up = st.Reason == ""
	switch {
	case !st.Up || !l.otherMode.Load():
	case l.cells != nil:
		st.Reason = fmt.Sprintf("peer %s sends SDUs in frames of their own: it is in frame mode, this link in cell mode", l.peer)
	default:
		st.Reason = fmt.Sprintf("peer %s sends ATM cells on label %d: it is in cell mode, this link in frame mode",
			l.peer, frame.CellLabel)
	}
	return st
}

// fault says why no frame of a link can pass, or "".
func (w *watch) fault(l *link, s rtnl.Link) string {
	switch {
	case !s.Exists():
		return "interface " + w.n.name + " does not exist"
	case !s.Ethernet:
		return "interface " + w.n.name + " is not Ethernet"
	case !s.Up:
		return "interface " + w.n.name + " is administratively down"
	case !s.Carrier:
		return "interface " + w.n.name + " has no carrier"
	case l.maxSDUAt(s.MTU) == 0:
		return fmt.Sprintf("interface %s has an MTU of %d octets, which carries nothing", w.n.name, s.MTU)
	case w.n.failure.Load() != nil:
		return (*w.n.failure.Load()).Error()
	case errors.Is(w.bind, unix.ENODEV):
		return "interface " + w.n.name + " is being replaced"
	case w.bind != nil:
		return w.bind.Error()
	}
	return ""
}

// buffer returns how many milliseconds of full frames the receive queue holds.
func (w *watch) buffer(l *link, speed vc.BitRate) uint32 {
	if len(w.n.sockets) == 0 {
		return 0
	}
	if speed == 0 {
		speed = l.capacity
	}
	if speed == 0 {
		return 0
	}
	octets := uint64(w.n.sockets[0].Buffers().Receive)
	return uint32(min(octets*8*1000/uint64(speed), math.MaxUint32))
}
