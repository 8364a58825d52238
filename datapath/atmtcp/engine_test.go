package atmtcp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"

	"callmanager/datapath"
	"callmanager/datapath/atmtcp"
	"callmanager/datapath/internal/linktest"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// flow is that of the VCs here.
var flow = vc.Flow{PCR: 1 << 24, MaxSDU: atmtcp.MaxSDU}

func newNode(t *testing.T, cfg atmtcp.Config) *linktest.Node {
	t.Helper()
	tr, err := atmtcp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return linktest.NewNode(t, tr)
}

// listenOn makes a listener of TCP and the configurations of its two sides.
func listenOn(t *testing.T) (listens, connects atmtcp.Config) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	addr := l.Addr().String()
	connects = atmtcp.Config{Connect: addr}
	listens = atmtcp.Config{Listen: addr}.WithListen(func(context.Context) (net.Listener, error) { return l, nil })
	return listens, connects
}

// sdu makes an SDU of n octets that tells its serial number.
func sdu(serial, n int) []byte {
	b := bytes.Repeat([]byte{byte(serial)}, max(n, 4))
	binary.BigEndian.PutUint32(b, uint32(serial))
	return b[:n]
}

// TestEngines carries data and signalling between two engines; a drain has sent everything before the
// signalling that follows it, and a quiesced end takes it all in.
func TestEngines(t *testing.T) {
	listens, connects := listenOn(t)
	a, b := newNode(t, listens), newNode(t, connects)
	if st := a.Await(true); st.MaxSDU != atmtcp.MaxSDU || st.Reason != "" || st.MAC != (vc.MAC{}) {
		t.Errorf("status %+v", st)
	}
	b.Await(true)
	for _, way := range [][2]*linktest.Node{{a, b}, {b, a}} {
		way[0].Channel(1).Send([]byte("setup"))
		if got := way[1].Hear(); got != "setup" {
			t.Errorf("control SDU %q", got)
		}
	}
	endA, endB := a.Open(7, flow), b.Open(8, flow)
	if err := endB.Send(t.Context(), ring.Record{Payload: sdu(0, 40), Meta: ring.Meta{UU: 1}}); err != nil {
		t.Fatal(err)
	}
	b.WantCounter("tx_drop_user_bits", 1)
	const sdus = 300
	go func() {
		for i := range sdus {
			size := []int{1, 40, 44, 1500, 9180, atmtcp.MaxSDU}[i%6]
			if endA.Send(t.Context(), ring.Record{Payload: sdu(i, size)}) != nil {
				return
			}
		}
		a.Drain(linktest.VC, linktest.Patience, func(r vc.DrainReport) {
			if r.Dropped != 0 {
				t.Errorf("drain: %+v", r)
			}
			a.Channel(1).Send([]byte("release"))
		})
	}()
	go func() {
		released := <-b.Control
		b.Deactivate(linktest.VC, true, func(vc.DrainReport) { b.EndVC(8) })
		b.Control <- released
	}()
	buf := make([]byte, atmtcp.MaxSDU)
	for i := range sdus {
		n, m, err := endB.Receive(t.Context(), buf)
		if err != nil || m != (ring.Meta{}) {
			t.Fatalf("SDU %d: %+v, %v", i, m, err)
		}
		if size := []int{1, 40, 44, 1500, 9180, atmtcp.MaxSDU}[i%6]; !bytes.Equal(buf[:n], sdu(i, size)) {
			t.Fatalf("SDU %d came with %d octets, sent were %d", i, n, size)
		}
	}
	if got := b.Hear(); got != "release" {
		t.Errorf("control SDU %q", got)
	}
	a.WantCounter("tx_sdus", sdus)
	b.WantCounter("rx_sdus", sdus)
	b.WantCounter("transport_rx_records", sdus+2)
}

// TestEnginesReconnect ends one side: the other tells why, and a new peer takes the place of the old
// one for the VCs that stand.
func TestEnginesReconnect(t *testing.T) {
	listens, connects := listenOn(t)
	a, b := newNode(t, listens), newNode(t, connects)
	a.Await(true)
	b.Await(true)
	end := a.Open(7, flow)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if st := a.Await(false); !strings.Contains(st.Reason, "waiting for another") {
		t.Errorf("reason %q", st.Reason)
	}
	c := newNode(t, connects)
	c.Await(true)
	a.Await(true)
	other := c.Open(9, flow)
	if err := end.Send(t.Context(), ring.Record{Payload: []byte("to the new one")}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, _, err := other.Receive(t.Context(), buf); err != nil || string(buf[:n]) != "to the new one" {
		t.Errorf("received %q, %v", buf[:n], err)
	}
}

// TestEngineHostile has a peer that speaks nonsense for a while and then sense.
func TestEngineHostile(t *testing.T) {
	listens, connects := listenOn(t)
	a := newNode(t, listens)
	end := a.Open(7, flow)
	var stream []byte
	for _, r := range []struct {
		vpi, vci uint16
		sdu      []byte
	}{
		{0, 32, []byte("no such VC")},
		{1, 101, nil},
		{15, 100, []byte("x")},
		{0, 0, []byte("O ?")},
		{0, 5, make([]byte, 5000)},
		{0, 6, []byte("x")},
		{1, 100, []byte("hello")},
		{0, 5, []byte("behind it")},
	} {
		stream = atmtcp.AppendRecord(stream, r.vpi, r.vci, r.sdu)
	}
	stream = append(stream, "GET / HTTP/1.1\r\n\r\n"...)
	wire, err := net.Dial("tcp", connects.Connect)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = wire.Close() }()
	a.Await(true)
	for _, b := range stream {
		if _, err := wire.Write([]byte{b}); err != nil {
			break
		}
	}
	if st := a.Await(false); !strings.Contains(st.Reason, "this is no atmtcp stream") {
		t.Errorf("reason %q", st.Reason)
	}
	buf := make([]byte, 100)
	if n, _, err := end.Receive(t.Context(), buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("received %q, %v", buf[:n], err)
	}
	if got := a.Hear(); got != "behind it" {
		t.Errorf("control SDU %q", got)
	}
	for name, want := range map[string]uint64{
		"rx_drop_unknown_vc": 2, "rx_sdus": 1, "transport_rx_drop_empty": 1, "transport_rx_drop_unknown_vpi": 1,
		"transport_rx_notices_opened": 1, "nic_control_rx_drop_too_long": 1, "transport_closed_bad_length": 1,
		"transport_rx_records": 8,
	} {
		a.WantCounter(name, want)
	}
}

// TestEngineConfig refuses links that are not told apart.
func TestEngineConfig(t *testing.T) {
	tr, err := atmtcp.New(atmtcp.Config{Connect: "h:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = datapath.New(datapath.Config{
		Links:   []datapath.LinkConfig{{ID: 1, Name: "a", Transport: tr}, {ID: 2, Name: "b", Transport: tr}},
		Receive: func(vc.LinkID, []byte) {},
	})
	if !errors.Is(err, datapath.ErrConfig) || !strings.Contains(err.Error(), `links "a" and "b" have the same transport`) {
		t.Errorf("error %v", err)
	}
	if _, err := tr.Data().ReadBatch(nil); !errors.Is(err, net.ErrClosed) {
		t.Error("the transport of an engine that was not made is open")
	}
}
