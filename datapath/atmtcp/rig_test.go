package atmtcp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"

	"callmanager/datapath/atmtcp"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// A rig is a transport whose connections are pipes of the test, in a bubble of synctest.
type rig struct {
	*testing.T
	t *atmtcp.Transport

	mu    sync.Mutex
	dials int
	fail  error // What the next attempts to connect or to listen meet.

	far   chan net.Conn // The far ends of the connections made by the transport.
	calls chan net.Conn // The near ends of those made by the test.
}

func (r *rig) dial(context.Context) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dials++
	if r.fail != nil {
		return nil, r.fail
	}
	near, far := net.Pipe()
	r.far <- far
	return near, nil
}

func (r *rig) listen(context.Context) (net.Listener, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dials++
	if r.fail != nil {
		return nil, r.fail
	}
	return &listener{calls: r.calls, done: make(chan struct{})}, nil
}

func (r *rig) set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// attempts returns how often the transport has tried to connect or to listen.
func (r *rig) attempts() int {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dials
}

// inBubble runs a test with a transport that has been started.
func inBubble(t *testing.T, cfg atmtcp.Config, refusal error, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fail: refusal, far: make(chan net.Conn, 16), calls: make(chan net.Conn)}
		var err error
		if r.t, err = atmtcp.New(cfg.WithDial(r.dial).WithListen(r.listen)); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.t.Close(); err != nil {
				t.Error(err)
			}
		}()
		r.t.Start(func() {})
		synctest.Wait()
		test(r)
	})
}

// connect makes a connection to a listening transport, as from an address.
func (r *rig) connect(from string) net.Conn {
	near, far := net.Pipe()
	r.calls <- &station{Conn: near, from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	synctest.Wait()
	return far
}

// want checks the state of the link.
func (r *rig) want(up bool, reason string) {
	r.Helper()
	synctest.Wait()
	if st := r.t.Status(); st.Up != up || st.Reason != reason || st.MaxSDU != atmtcp.MaxSDU {
		r.Errorf("status %+v\nwant up %v, reason %q", st, up, reason)
	}
}

// counts returns the transport's counters that are not 0.
func (r *rig) counts() map[string]uint64 {
	synctest.Wait()
	got := map[string]uint64{}
	for _, c := range r.t.Counters() {
		if c.Value != 0 {
			got[c.Name] = c.Value
		}
	}
	return got
}

// send puts octets on the stream to the transport.
func (r *rig) send(far net.Conn, b []byte) {
	r.Helper()
	if _, err := far.Write(b); err != nil {
		r.Errorf("write: %v", err)
	}
	synctest.Wait()
}

// gone fails unless the transport has closed a connection.
func (r *rig) gone(far net.Conn) {
	r.Helper()
	if n, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		r.Errorf("the connection is not closed: %d, %v", n, err)
	}
}

// A station is a connection that comes from an address.
type station struct {
	net.Conn
	from net.Addr
}

func (s *station) RemoteAddr() net.Addr { return s.from }

// A listener hands out connections of the test.
type listener struct {
	calls chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (*listener) Addr() net.Addr { return &net.TCPAddr{} }

// outFrame makes a frame as an engine sends it.
func outFrame(vpi vc.VPI, vci vc.VCI, flags frame.Flags, sdu []byte) nicio.TxFrame {
	head := make([]byte, nicio.HeaderLen+frame.HeadLen)
	w := frame.NewWord(flags, len(sdu), 7)
	frame.PutHead((*[frame.HeadLen]byte)(head[nicio.HeaderLen:]), frame.NewEntry(frame.LabelOf(vpi, vci)), w)
	return nicio.TxFrame{Head: head, Body: sdu}
}

// batch makes memory for frames of an SDU's size.
func batch(n, sdu int) []nicio.RxFrame {
	b := make([]nicio.RxFrame, n)
	for i := range b {
		b[i].Buf = make([]byte, nicio.FrameSize(frame.HeadLen+sdu))
	}
	return b
}

// sduOf takes a received frame apart.
func sduOf(tb testing.TB, f *nicio.RxFrame) (frame.Label, []byte) {
	tb.Helper()
	label, rest, fault := frame.DecodeLabel(f.Payload())
	if fault != frame.NoFault {
		tb.Fatalf("label: %v", fault)
	}
	w, sdu, fault := frame.DecodeWord(rest)
	if fault != frame.NoFault || w.Sequence() != 0 {
		tb.Fatalf("control word %x: %v", w, fault)
	}
	return label, sdu
}
