package udpcell_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/udpcell"
	"callmanager/nicio"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// twoPorts returns two addresses of loopback that nobody uses.
func twoPorts(t *testing.T) (a, b netip.AddrPort) {
	t.Helper()
	var list []netip.AddrPort
	for range 2 {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		list = append(list, netip.MustParseAddrPort(c.LocalAddr().String()))
	}
	return list[0], list[1]
}

// start starts a transport and waits until its status is up, or down.
func start(t *testing.T, tr *udpcell.Transport, up bool) (changes chan struct{}) {
	t.Helper()
	changes = make(chan struct{}, 100)
	tr.Start(func() { changes <- struct{}{} })
	await(t, tr, changes, up)
	return changes
}

func await(t *testing.T, tr *udpcell.Transport, changes chan struct{}, up bool) {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case <-changes:
			if st := tr.Status(); st.Up == up {
				return
			}
		case <-late:
			t.Fatalf("the status is %+v", tr.Status())
		}
	}
}

// txFrame returns a frame as the engine sends it.
func txFrame(l frame.Label, uu uint8, flags frame.Flags, sdu string) nicio.TxFrame {
	var h [frame.HeadLen]byte
	frame.PutHead(&h, frame.NewEntry(l).WithUser(uu), frame.NewWord(flags, len(sdu), 7))
	return nicio.TxFrame{Head: append(make([]byte, nicio.HeaderLen), h[:]...), Body: []byte(sdu)}
}

// receive reads n frames of a port.
func receive(t *testing.T, p nicio.Port, n int) (list []delivered) {
	t.Helper()
	for late := time.Now().Add(patience); len(list) < n; {
		if time.Now().After(late) {
			t.Fatalf("%d SDUs came of %d", len(list), n)
		}
		if err := p.WaitRead(time.Second); err != nil {
			t.Fatal(err)
		}
		list = append(list, pull(t, p)...)
	}
	return list
}

// TestLoopback: SDUs of data and signalling pass between two transports, with their bits, in order.
func TestLoopback(t *testing.T) {
	a, b := twoPorts(t)
	ta, tb := newTransport(t, udpcell.Config{Local: a, Peer: b}), newTransport(t, udpcell.Config{Local: b, Peer: a})
	if n, err := ta.Data().WriteBatch([]nicio.TxFrame{txFrame(0x20064, 0, 0, "too early")}); n != 1 || err != nil || ta.Data().Stats().TxDown != 1 {
		t.Errorf("before the start: %d, %v, %+v", n, err, ta.Data().Stats())
	}
	start(t, ta, true)
	start(t, tb, true)
	for _, way := range []struct{ from, to *udpcell.Transport }{{ta, tb}, {tb, ta}} {
		for i := range 20 {
			sdu := strings.Repeat(fmt.Sprint(i), 1+100*i)
			f := txFrame(0x20064, uint8(7*i), frame.Flags(7*i)&frame.U|frame.Flags(i)&(frame.C|frame.E), sdu)
			if n, err := way.from.Data().WriteBatch([]nicio.TxFrame{f, f}); n != 2 || err != nil {
				t.Fatal(n, err)
			}
			want := delivered{0x20064, uint8(7 * i), frame.Flags(7*i)&frame.U | frame.Flags(i)&(frame.C|frame.E), sdu}
			if diff := cmp.Diff([]delivered{want, want}, receive(t, way.to.Data(), 2)); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		}
		if _, err := way.from.Control().WriteBatch([]nicio.TxFrame{txFrame(frame.Signalling, 0, 0, "setup")}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]delivered{{frame.Signalling, 0, 0, "setup"}}, receive(t, way.to.Control(), 1)); diff != "" {
			t.Errorf("control (-want +got):\n%s", diff)
		}
		if n := way.from.Data().Unsent() + way.from.Control().Unsent(); n != 0 {
			for late := time.Now().Add(patience); way.from.Data().Unsent()+way.from.Control().Unsent() != 0; {
				if time.Now().After(late) {
					t.Fatalf("%d octets are never sent", n)
				}
				_ = way.from.Control().WaitWrite(10 * time.Millisecond)
			}
		}
	}
}

// TestForeign: a stranger on the same host is not heard.
func TestForeign(t *testing.T) {
	a, b := twoPorts(t)
	tr := newTransport(t, udpcell.Config{Local: a, Peer: b})
	start(t, tr, true)
	stranger, err := net.Dial("udp", a.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	for late := time.Now().Add(patience); counts(tr)["rx_drop_foreign"] == 0; {
		if time.Now().After(late) {
			t.Fatalf("no stranger is counted: %v", counts(tr))
		}
		if _, err := stranger.Write(datagrams(cell.NewHeader(0, 32, 0, false), "x", 0)[0]); err != nil {
			t.Fatal(err)
		}
		_ = tr.Data().WaitRead(10 * time.Millisecond)
	}
	if got := pull(t, tr.Data()); got != nil {
		t.Errorf("a stranger is heard: %v", got)
	}
}

// TestFlood: what comes faster than it is read is dropped by the socket and counted.
func TestFlood(t *testing.T) {
	a, b := twoPorts(t)
	tr := newTransport(t, udpcell.Config{Local: a, Peer: b}.WithBuffer(4096))
	start(t, tr, true)
	sender, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(b), net.UDPAddrFromAddrPort(a))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sender.Close() }()
	sent := uint64(0)
	send := func() {
		if _, err := sender.Write(datagrams(cell.NewHeader(0, 32, 0, false), "x", 0)[0]); err != nil {
			t.Fatal(err)
		}
		sent++
	}
	// A datagram that is taken tells of those before it that were dropped.
	for late := time.Now().Add(patience); ; {
		m := counts(tr)
		if m["rx_overrun"] > 0 && m["rx_datagrams"]+m["rx_overrun"] == sent {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("of %d datagrams: %v", sent, m)
		}
		if m["rx_overrun"] == 0 {
			for range 1000 {
				send()
			}
		} else {
			_ = tr.Control().WaitRead(10 * time.Millisecond)
			send()
		}
	}
	if n := counts(tr)["rx_drop_bad_hec"]; n != 0 {
		t.Errorf("%d are spoilt", n)
	}
}

// TestRefused: what is no SDU, or too large, is consumed and counted; a full outbox says so.
func TestRefused(t *testing.T) {
	a, b := twoPorts(t)
	tr := newTransport(t, udpcell.Config{Local: a, Peer: b})
	start(t, tr, true)
	part := txFrame(0x20064, 0, 0, strings.Repeat("x", 100))
	binary.BigEndian.PutUint32(part.Head[nicio.HeaderLen+frame.EntryLen:], uint32(frame.NewPart(0, frame.First, 100, 7)))
	frames := []nicio.TxFrame{
		txFrame(0x20064, 0, 0, ""),
		txFrame(frame.CellLabel, 0, 0, "x"),
		txFrame(0x20064, 0, frame.T, strings.Repeat("x", 52)),
		{Head: make([]byte, 10), Body: []byte("x")},
		part,
		txFrame(0x20064, 0, 0, strings.Repeat("x", udpcell.MaxSDU+1)),
	}
	n, err := tr.Data().WriteBatch(frames)
	if s := tr.Data().Stats(); n != 6 || err != nil || s.TxInvalid != 5 || s.TxOversize != 1 || s.TxFrames != 0 {
		t.Errorf("%d, %v, %+v", n, err, s)
	}
	many := make([]nicio.TxFrame, 64)
	for i := range many {
		many[i] = txFrame(0x20064, 0, 0, strings.Repeat("x", 60000))
	}
	n, err = tr.Data().WriteBatch(many)
	if s := tr.Data().Stats(); n == 0 || n == len(many) || err != nil || s.TxBusy != 1 || int(s.TxFrames) != n {
		t.Errorf("64 large SDUs: %d, %v, %+v", n, err, s)
	}
	for late := time.Now().Add(patience); n < len(many); {
		if err := tr.Data().WaitWrite(2 * patience); err != nil || time.Now().After(late) {
			t.Fatalf("no room comes: %v", err)
		}
		more, err := tr.Data().WriteBatch(many[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
}

// TestUnreachable: cells that the kernel refuses are counted and wait for nothing.
func TestUnreachable(t *testing.T) {
	a, _ := twoPorts(t)
	tr := newTransport(t, udpcell.Config{Local: a, Peer: netip.MustParseAddrPort("192.0.2.1:9")}) // Not from loopback.
	start(t, tr, true)
	if _, err := tr.Data().WriteBatch([]nicio.TxFrame{txFrame(0x20064, 0, 0, strings.Repeat("x", 100))}); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); tr.Data().Unsent() != 0; {
		if time.Now().After(late) {
			t.Fatalf("%d octets wait", tr.Data().Unsent())
		}
		_ = tr.Data().WaitWrite(10 * time.Millisecond)
	}
	if m := counts(tr); m["tx_drop_cells"] != 3 || m["tx_cells"] != 0 {
		t.Errorf("%v", m)
	}
}

// TestBind: a transport without its address is down and says why, and comes up when it has it.
func TestBind(t *testing.T) {
	a, b := twoPorts(t)
	other, err := net.ListenPacket("udp", a.String())
	if err != nil {
		t.Fatal(err)
	}
	tr := newTransport(t, udpcell.Config{Local: a, Peer: b})
	changes := start(t, tr, false)
	if st := tr.Status(); !strings.Contains(st.Reason, a.String()) || counts(tr)["bind_failures"] == 0 {
		t.Errorf("%+v, %v", st, counts(tr))
	}
	_ = other.Close()
	await(t, tr, changes, true)
}

func TestNew(t *testing.T) {
	six := netip.MustParseAddrPort("[::1]:2002")
	for _, cfg := range []udpcell.Config{
		{},
		{Local: local},
		{Peer: peer},
		{Local: local, Peer: six},
		{Local: local, Peer: netip.MustParseAddrPort("127.0.0.1:0")},
	} {
		if _, err := udpcell.New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

func TestClose(t *testing.T) {
	a, b := twoPorts(t)
	tr := newTransport(t, udpcell.Config{Local: a, Peer: b})
	start(t, tr, true)
	waiting := make(chan error)
	go func() { waiting <- tr.Control().WaitRead(-1) }()
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a wait ends with %v", err)
	}
	tr.Start(func() { t.Error("it starts again") })
	for _, p := range []nicio.Port{tr.Data(), tr.Control()} {
		if _, err := p.ReadBatch(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if _, err := p.WriteBatch(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v", err)
		}
		if p.WaitWrite(0) == nil || p.MAC() != (nicio.MAC{}) {
			t.Error("a closed port waits")
		}
		p.Wake()
	}
}
