package atmtcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/atmtcp"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// instant is the least that the clock of a bubble tells apart.
const instant = time.Nanosecond

var (
	connecting = atmtcp.Config{Connect: "peer:2812"}
	listening  = atmtcp.Config{Listen: "127.0.0.1:2812"}
	errRefused = errors.New("connection refused")
)

func TestNewWantsOneEnd(t *testing.T) {
	for _, cfg := range []atmtcp.Config{{}, {Listen: ":1", Connect: "h:1"}} {
		if _, err := atmtcp.New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

// TestBackoff follows the attempts of a side whose peer is not there, to the instant.
func TestBackoff(t *testing.T) {
	inBubble(t, connecting, errRefused, func(r *rig) {
		r.want(false, "cannot connect to peer:2812: connection refused; next attempt after 250ms")
		attempts := 1
		for _, pause := range []time.Duration{
			atmtcp.FirstPause, time.Second / 2, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
			atmtcp.LastPause, atmtcp.LastPause,
		} {
			time.Sleep(pause - instant)
			if n := r.attempts(); n != attempts {
				t.Fatalf("%d attempts before a pause of %v is over, want %d", n, pause, attempts)
			}
			time.Sleep(instant)
			attempts++
			if n := r.attempts(); n != attempts {
				t.Fatalf("%d attempts after a pause of %v, want %d", n, pause, attempts)
			}
		}
		r.want(false, "cannot connect to peer:2812: connection refused; next attempt after 15s")
		r.set(nil)
		time.Sleep(15 * time.Second)
		r.want(true, "")
		if diff := cmp.Diff(map[string]uint64{"connections": 1, "connect_failures": 9}, r.counts()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestReconnect ends connections: one that said something is made again soon, one that did not after
// a longer pause each time.
func TestReconnect(t *testing.T) {
	inBubble(t, connecting, nil, func(r *rig) {
		for _, pause := range []string{"250ms", "500ms", "1s"} {
			_ = (<-r.far).Close()
			r.want(false, "the connection to peer:2812 has ended: the peer closed it; next attempt after "+pause)
			d, err := time.ParseDuration(pause)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			r.want(true, "")
		}
		far := <-r.far
		r.send(far, atmtcp.AppendRecord(nil, 0, 5, []byte("hello")))
		_ = far.Close()
		r.want(false, "the connection to peer:2812 has ended: the peer closed it; next attempt after 250ms")
	})
}

// TestListenAgain has a listener that cannot listen at first.
func TestListenAgain(t *testing.T) {
	inBubble(t, listening, errors.New("address already in use"), func(r *rig) {
		r.want(false, "cannot listen on 127.0.0.1:2812: address already in use; next attempt after 250ms")
		r.set(nil)
		time.Sleep(250 * time.Millisecond)
		far := r.connect("192.0.2.1:1000")
		r.want(true, "")
		_ = far.Close()
		r.want(false, "the connection from 192.0.2.1:1000 has ended: the peer closed it; waiting for another on 127.0.0.1:2812")
		_ = r.connect("192.0.2.1:1001")
		r.want(true, "")
	})
}

// TestSecondConnection has one refused while the first is heard, and one that replaces it when it is
// silent.
func TestSecondConnection(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		r.want(false, "nobody has connected to 127.0.0.1:2812")
		first := r.connect("192.0.2.1:1000")
		time.Sleep(atmtcp.Silence - instant)
		r.gone(r.connect("192.0.2.1:1001"))
		r.send(first, atmtcp.AppendRecord(nil, 0, 5, []byte("alive")))
		time.Sleep(atmtcp.Silence - instant)
		r.gone(r.connect("192.0.2.2:1002"))
		r.want(true, "")
		time.Sleep(instant)
		second := r.connect("192.0.2.2:1003")
		r.gone(first)
		r.want(true, "")
		r.send(second, atmtcp.AppendRecord(nil, 0, 5, []byte("new")))
		want := map[string]uint64{"connections": 2, "refused_second": 2, "replaced_silent": 1, "rx_records": 2}
		if diff := cmp.Diff(want, r.counts()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestStuckIsReplaced replaces a connection whose peer neither sends nor reads.
func TestStuckIsReplaced(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		_ = r.connect("192.0.2.1:1000")
		f := outFrame(0, 32, 0, make([]byte, 9180))
		for range 2 { // The first batch is stuck in the pipe, what comes then in the outbox.
			if n, err := r.t.Data().WriteBatch([]nicio.TxFrame{f, f}); n != 2 || err != nil {
				t.Fatalf("WriteBatch: %d, %v", n, err)
			}
			synctest.Wait()
		}
		time.Sleep(atmtcp.Silence)
		second := r.connect("192.0.2.1:1001")
		r.want(true, "")
		if n := r.t.Data().Unsent(); n != 0 {
			t.Errorf("%d octets of the dead connection are unsent", n)
		}
		want := map[string]uint64{"connections": 2, "replaced_silent": 1, "tx_drop_disconnected": 4}
		if diff := cmp.Diff(want, r.counts()); diff != "" {
			t.Error(diff)
		}
		r.writeAndRead(second)
	})
}

// writeAndRead sends an SDU out of the transport and takes it from the stream.
func (r *rig) writeAndRead(far net.Conn) {
	r.Helper()
	f := outFrame(1, 77, 0, []byte("an SDU"))
	if n, err := r.t.Data().WriteBatch([]nicio.TxFrame{f}); n != 1 || err != nil {
		r.Fatalf("WriteBatch: %d, %v", n, err)
	}
	want := atmtcp.AppendRecord(nil, 1, 77, []byte("an SDU"))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		r.Fatalf("on the stream: %x, %v; want %x", got, err, want)
	}
}

// TestForeign lets only a configured network connect.
func TestForeign(t *testing.T) {
	cfg := listening
	cfg.Peers = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")}
	for from, ok := range map[string]bool{
		"192.0.2.9:1": true, "[::ffff:192.0.2.9]:1": true, "192.0.3.9:1": false, "[2001:db8::1]:1": true, "[2001:db8::2]:1": false,
		"[fe80::1%eth0]:1": false,
	} {
		t.Run(from, func(t *testing.T) {
			inBubble(t, cfg, nil, func(r *rig) {
				far := r.connect(from)
				if ok {
					r.want(true, "")
					return
				}
				r.gone(far)
				r.want(false, "nobody has connected to 127.0.0.1:2812")
				if n := r.counts()["refused_foreign"]; n != 1 {
					t.Errorf("%d refused, want 1", n)
				}
			})
		})
	}
}

// TestHostileStream feeds what no kernel sends: each record is in a counter, and only a length that
// no record has ends the connection.
func TestHostileStream(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		far := r.connect("192.0.2.1:1000")
		var b []byte
		for _, text := range []string{"O 0.32 0.0.32 ubr", "C 0.32", "", "O", "C", "X 1", "\x00\x01"} {
			b = atmtcp.AppendRecord(b, 0, 0, []byte(text))
		}
		b = atmtcp.AppendRecord(b, 0, 32, nil)
		b = atmtcp.AppendRecord(b, 15, 32, []byte("beyond the paths"))
		b = atmtcp.AppendRecord(b, 65535, 65535, []byte("beyond the paths"))
		b = atmtcp.AppendRecord(b, 0, 32, make([]byte, atmtcp.MaxSDU+1))
		b = atmtcp.AppendRecord(b, 0, 32, make([]byte, atmtcp.MaxLength))
		b = atmtcp.AppendRecord(b, 14, 65535, []byte("good"))
		b = atmtcp.AppendRecord(b, 0, 5, []byte("good too"))
		b = atmtcp.AppendRecord(b, 0, 6, []byte("for the data port"))
		r.send(far, b)
		r.send(far, []byte{0, 0, 0, 32, 0, 1, 0, 0})
		r.gone(far)
		r.want(false, "the connection from 192.0.2.1:1000 has ended: a record of 65536 octets: this is no atmtcp stream; waiting for another on 127.0.0.1:2812")
		want := map[string]uint64{
			"connections": 1, "closed_bad_length": 1, "rx_records": 15,
			"rx_notices_opened": 1, "rx_notices_closed": 1, "rx_notices_other": 5,
			"rx_drop_empty": 1, "rx_drop_unknown_vpi": 2, "rx_drop_oversize": 2,
		}
		if diff := cmp.Diff(want, r.counts()); diff != "" {
			t.Error(diff)
		}
		if s := r.t.Data().Stats(); s.RxQueued != 2 {
			t.Errorf("%d for the data port, want 2", s.RxQueued)
		}
		if s := r.t.Control().Stats(); s.RxQueued != 1 {
			t.Errorf("%d for the control port, want 1", s.RxQueued)
		}
	})
}

// TestTorn ends the stream within a record.
func TestTorn(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		far := r.connect("192.0.2.1:1000")
		b := atmtcp.AppendRecord(nil, 0, 5, []byte("half of it"))
		r.send(far, b[:len(b)-1])
		_ = far.Close()
		if diff := cmp.Diff(map[string]uint64{"connections": 1, "rx_drop_torn": 1}, r.counts()); diff != "" {
			t.Error(diff)
		}
		far = r.connect("192.0.2.1:1001") // Nothing of the old stream is left in the new one.
		r.send(far, b)
		frames := batch(2, 100)
		n, err := r.t.Control().ReadBatch(frames)
		if n != 1 || err != nil {
			t.Fatalf("ReadBatch: %d, %v", n, err)
		}
		if label, sdu := sduOf(t, &frames[0]); label != frame.Signalling || string(sdu) != "half of it" {
			t.Errorf("label %x, SDU %q", label, sdu)
		}
		if src := frames[0].Source(); src != datapath.PeerAddress {
			t.Errorf("source %v", src)
		}
	})
}
