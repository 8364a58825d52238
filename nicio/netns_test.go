package nicio_test

import (
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"time"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

var (
	macA    = vethtest.MACA
	macB    = vethtest.MACB
	foreign = nicio.MAC{2, 0, 0, 0, 0, 0xff}
)

// transmit and hear are how frames leave and reach the ports of the tests; TestOverXDP and TestReceiveByXDP change them.
var transmit, hear = nicio.PathPacket, nicio.PathPacket

func open(tb testing.TB, cfg nicio.Config) *nicio.PacketPort {
	tb.Helper()
	if cfg.Transmit == 0 {
		cfg.Transmit = transmit
	}
	if cfg.Receive == 0 {
		cfg.Receive = hear
	}
	p, err := nicio.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if path, err := p.Transmit(); err != nil {
		tb.Errorf("%s transmits by %s: %v", cfg.Interface, path, err)
	}
	if path, err := p.Receive(); err != nil {
		tb.Errorf("%s receives by %s: %v", cfg.Interface, path, err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
		if s := p.Stats(); s.TxXDP > s.TxFrames || cfg.Transmit == nicio.PathPacket && s.TxXDP != 0 {
			tb.Errorf("of %d frames %d left by AF_XDP", s.TxFrames, s.TxXDP)
		}
		if s := p.Stats(); s.RxXDP > s.RxFrames || cfg.Receive == nicio.PathPacket && s.RxXDP != 0 {
			tb.Errorf("of %d frames %d came by AF_XDP", s.RxFrames, s.RxXDP)
		}
	})
	return p
}

// pair opens a port at each end.
func pair(tb testing.TB) (a, b *nicio.PacketPort) {
	tb.Helper()
	return open(tb, nicio.Config{Interface: vethtest.A}), open(tb, nicio.Config{Interface: vethtest.B})
}

// frameOf builds a labelled frame of size octets at least 22, with a number in its last four
// octets.
func frameOf(dst, src nicio.MAC, label uint32, size int, number uint32) nicio.TxFrame {
	head := make([]byte, nicio.HeaderLen+4)
	rest := nicio.PutHeader(head, dst, src, nicio.EtherTypeMPLS)
	binary.BigEndian.PutUint32(rest, label<<12|1<<8|255)
	body := make([]byte, size-len(head))
	for i := range body {
		body[i] = byte(i) ^ byte(number)
	}
	binary.BigEndian.PutUint32(body[len(body)-4:], number)
	return nicio.TxFrame{Head: head, Body: body}
}

func octetsOf(f nicio.TxFrame) []byte { return append(append([]byte{}, f.Head...), f.Body...) }

func numberOf(f *nicio.RxFrame) uint32 { return binary.BigEndian.Uint32(f.Buf[f.Len-4 : f.Len]) }

func rxBatch(size int) []nicio.RxFrame {
	frames := make([]nicio.RxFrame, nicio.BatchSize)
	for i := range frames {
		frames[i].Buf = make([]byte, size)
	}
	return frames
}

// send writes all frames, waiting out back-pressure.
func send(tb testing.TB, p nicio.Port, frames ...nicio.TxFrame) {
	tb.Helper()
	for len(frames) > 0 {
		n, err := p.WriteBatch(frames)
		if err != nil {
			tb.Fatal(err)
		}
		if frames = frames[n:]; len(frames) > 0 {
			if err := p.WaitWrite(time.Second); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// receive reads until want frames have come and returns copies of them.
func receive(tb testing.TB, p nicio.Port, want int) [][]byte {
	tb.Helper()
	frames := rxBatch(2048)
	var got [][]byte
	for end := time.Now().Add(10 * time.Second); len(got) < want; {
		n, err := p.ReadBatch(frames)
		if err != nil {
			tb.Fatal(err)
		}
		for i := range frames[:n] {
			got = append(got, append([]byte{}, frames[i].Buf[:frames[i].Len]...))
		}
		if time.Now().After(end) {
			tb.Fatalf("received %d frames, want %d; %+v", len(got), want, p.Stats())
		}
		if n == 0 {
			if err := p.WaitRead(time.Second); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return got
}

// receiveNothing reads until the marker frame has come and fails on any other. The marker proves
// that whatever was sent before it has been dealt with.
func receiveNothing(t *testing.T, p nicio.Port, marker []byte) {
	t.Helper()
	for _, got := range receive(t, p, 1) {
		if string(got) != string(marker) {
			t.Errorf("received %x, want nothing but the marker", got)
		}
	}
}

func wantClosed(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("%s after Close: %v, want net.ErrClosed", what, err)
	}
}
