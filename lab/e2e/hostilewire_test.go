package e2e_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/datapath/frame"
	"callmanager/lab"
	"callmanager/signalling/sscop"
	"callmanager/vc"
)

// attacker sends frames to alice from bob's NIC.
type attacker struct {
	t          *testing.T
	fd         int
	alice, bob net.HardwareAddr
}

// newAttacker returns an attacker on bob's NIC.
func newAttacker(t *testing.T, alice, bob *lab.Host) *attacker {
	t.Helper()
	return &attacker{t: t, fd: packetSocket(t, bob, 0), alice: mac(t, alice.MAC), bob: mac(t, bob.MAC)}
}

// send sends one frame as it is.
func (a *attacker) send(b []byte) {
	a.t.Helper()
	if _, err := unix.Write(a.fd, b); err != nil {
		a.t.Fatal(err)
	}
}

// labelled makes a frame from bob to alice with a label stack entry.
func (a *attacker) labelled(e frame.Entry, rest ...byte) []byte {
	return ether(a.alice, a.bob, 0x8847, binary.BigEndian.AppendUint32(nil, uint32(e)), rest)
}

// word makes what stands behind the label: a control word of one's own choice, and so many octets.
func word(w uint32, octets int) []byte {
	return append(binary.BigEndian.AppendUint32(nil, w), bytes.Repeat([]byte{0xA5}, octets)...)
}

// TestHostileWire: whatever comes on the wire is counted where it dies, and a transfer goes on beside it.
func TestHostileWire(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, watch := newAttacker(t, alice, bob), dial(t, alice)
	f := flow(t, alice, bob)
	// A call with small SDUs is the victim: nothing is on its way on it.
	victim, other := mustConnect(t, dial(t, alice), dial(t, bob), bob, 1, &client.CallOptions{
		Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 100}, Backward: &cmdpb.Flow{MaxSdu: 100}},
	})
	data := frame.NewEntry(frame.LabelOf(vc.VPI(victim.Channel().GetVpi()), vc.VCI(victim.Channel().GetVci())))
	control := frame.NewEntry(frame.Signalling)
	stranger := net.HardwareAddr{2, 0, 0, 0, 0, 0x99}
	good := func(e frame.Entry) []byte { return binary.BigEndian.AppendUint32(nil, uint32(e)) }

	for _, tc := range []struct {
		counter string
		frame   []byte
	}{
		{"nic_rx_drop_foreign_mac", ether(a.alice, stranger, 0x8847, good(data), word(0, 60))},
		{"nic_control_rx_drop_foreign_mac", ether(a.alice, stranger, 0x8847, good(control), word(0, 60))},
		{"nic_rx_drop_loop", ether(a.alice, a.alice, 0x8847, good(data), word(0, 60))},
		{"nic_rx_drop_group", ether(net.HardwareAddr{255, 255, 255, 255, 255, 255}, a.bob, 0x8847, good(data), word(0, 60))},
		{"nic_rx_drop_group", ether(net.HardwareAddr{1, 0, 0x5e, 0x80, 0, 1}, a.bob, 0x8847, good(data), word(0, 60))},
		{"nic_rx_drop_other_host", ether(stranger, a.bob, 0x8847, good(data), word(0, 60))},
		{"nic_rx_drop_other_host", ether(a.alice, a.bob, ethVLAN, []byte{0, 77, 0x88, 0x47}, good(data), word(0, 60))},
		{"nic_control_rx_drop_other_host", ether(a.alice, a.bob, ethVLAN, []byte{0, 77, 0x88, 0x47}, good(control), word(0, 60))},
		{"rx_drop_truncated", ether(a.alice, a.bob, 0x8847, []byte{0x10})},
		{"rx_drop_truncated", a.labelled(data)},
		{"rx_drop_truncated", a.labelled(data, 0, 0, 0)},
		{"rx_drop_stacked", a.labelled(data&^(1<<8), word(0, 60)...)},
		{"rx_drop_unknown_vc", a.labelled(frame.NewEntry(0xFFFFF), word(0, 60)...)},
		{"rx_drop_unknown_vc", a.labelled(frame.NewEntry(0x10004), word(0, 60)...)},
		{"rx_drop_unknown_vc", a.labelled(frame.NewEntry(0), word(0, 60)...)},
		{"rx_drop_unknown_vc", a.labelled(frame.NewEntry(1), word(0, 60)...)},
		{"rx_drop_other_mode", a.labelled(frame.NewEntry(frame.CellLabel), word(0, 2*52)...)},
		{"rx_drop_not_pseudowire", a.labelled(data, word(0x45000000, 60)...)},
		{"rx_drop_not_pseudowire", a.labelled(data, word(0x10000021, 60)...)},
		{"rx_drop_oam_cell", a.labelled(data, word(0x08380000, 52)...)},
		{"rx_drop_bad_oam_cell", a.labelled(data, word(0x08000000, 53)...)},
		{"rx_drop_fragment", a.labelled(data, word(0x00400000, 60)...)},
		{"rx_drop_fragment", a.labelled(data, word(0x00C00000, 60)...)},
		{"rx_drop_zero_length", a.labelled(data, word(0, 10)...)},
		{"rx_drop_bad_length", a.labelled(data, word(60<<16, 10)...)},
		{"rx_drop_bad_length", a.labelled(data, word(3<<16, 10)...)},
		{"rx_drop_bad_length", a.labelled(data, word(63<<16, 90)...)},
		{"rx_drop_empty_sdu", a.labelled(data, word(4<<16, 42)...)},
		{"rx_drop_oversize", a.labelled(data, word(0, 101)...)},
		{"rx_drop_oversize", a.labelled(data, word(0, 1492)...)},
		{"control_rx_drop_stacked", a.labelled(control&^(1<<8), word(0, 60)...)},
		{"control_rx_drop_truncated", a.labelled(control, 0)},
		{"control_rx_drop_not_pseudowire", a.labelled(control, word(0x60000000, 60)...)},
		{"control_rx_drop_oam_cell", a.labelled(control, word(0x08380000, 52)...)},
		{"control_rx_drop_bad_oam_cell", a.labelled(control, word(0x08000000, 10)...)},
		{"control_rx_drop_fragment", a.labelled(control, word(0x00800000, 60)...)},
		{"control_rx_drop_zero_length", a.labelled(control, word(0, 4)...)},
		{"control_rx_drop_bad_length", a.labelled(control, word(33<<16, 4)...)},
		{"control_rx_drop_empty_sdu", a.labelled(control, word(4<<16, 0)...)},
	} {
		const times = 5
		before := counter(linkOf(t, watch).GetCounters(), tc.counter)
		for range times {
			a.send(tc.frame)
		}
		eventually(t, fmt.Sprintf("%s counts %x", tc.counter, tc.frame[:min(len(tc.frame), 24)]), func() error {
			if now := counter(linkOf(t, watch).GetCounters(), tc.counter); now != before+times {
				return fmt.Errorf("it went from %d to %d, want %d more", before, now, times)
			}
			return nil
		})
	}
	eventually(t, "cells show as the last error", func() error {
		a.send(a.labelled(frame.NewEntry(frame.CellLabel), word(0, 2*52)...)) // again: the peer's next frame settles it
		if l := linkOf(t, watch); l.GetState() != "up" || !strings.Contains(l.GetLastError(), "cell mode") {
			return fmt.Errorf("after cells the link is %s with last error %q", l.GetState(), l.GetLastError())
		}
		return nil
	})
	late(t, a, watch, data, victim)
	noise(a, data, control)
	wantData(t, victim, other)
	f.end()
	finish(t, victim, other)
	awaitEmpty(t, alice, bob)
}

// late: a frame that comes twice is delivered once.
func late(t *testing.T, a *attacker, watch *client.Conn, e frame.Entry, v *client.VC) {
	t.Helper()
	before := counter(linkOf(t, watch).GetCounters(), "rx_drop_late")
	for range 3 {
		a.send(a.labelled(e, word(14<<16|0x4000, 10)...))
	}
	eventually(t, "rx_drop_late counts duplicates", func() error {
		if now := counter(linkOf(t, watch).GetCounters(), "rx_drop_late"); now != before+2 {
			return fmt.Errorf("it went from %d to %d, want 2 more", before, now)
		}
		return nil
	})
	buf := make([]byte, v.MaxReceive())
	if s, err := v.Recv(t.Context(), buf); err != nil || len(s.Payload) != 10 {
		t.Errorf("the first of three equal frames: %d octets, %v", len(s.Payload), err)
	}
}

// noise sends random frames: random types, labels and contents, of random sizes.
func noise(a *attacker, data, control frame.Entry) {
	a.t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	random := rand.NewChaCha8([32]byte{7})
	for i := range 20000 {
		b := make([]byte, r.IntN(1500))
		_, _ = random.Read(b)
		switch i % 4 {
		case 0: // anything behind the header
			b = ether(a.alice, a.bob, 0x8847, b)
		case 1: // the label of the victim, with frames that are no use: a first nibble other than 0
			b = a.labelled(data, append([]byte{byte(1+r.IntN(15)) << 4}, b...)...)
		case 2:
			b = a.labelled(control, append([]byte{byte(1+r.IntN(15)) << 4}, b...)...)
		case 3: // other protocols
			b = ether(a.alice, a.bob, uint16(r.Uint32()), b)
		}
		if _, err := unix.Write(a.fd, b[:min(len(b), 1514)]); err != nil && !errors.Is(err, unix.ENOBUFS) {
			a.t.Fatal(err)
		}
	}
}

// wantData sends on the attacked VC until something arrives. Forged sequence numbers may cost it three frames.
func wantData(t *testing.T, to, from *client.VC) {
	t.Helper()
	got := make(chan error, 1)
	go func() {
		buf := make([]byte, to.MaxReceive())
		s, err := to.Recv(t.Context(), buf)
		if err == nil && !bytes.HasPrefix(s.Payload, []byte("after the attack")) {
			err = fmt.Errorf("received %q", s.Payload)
		}
		got <- err
	}()
	eventually(t, "data arrive after the attack", func() error {
		if err := from.Send(t.Context(), client.SDU{Payload: fmt.Appendf(nil, "after the attack %d", time.Now().UnixNano())}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-got:
			if err != nil {
				t.Error(err)
			}
			return nil
		default:
			return errors.New("not yet")
		}
	})
}

// finish releases a call between two clients of this process.
func finish(t *testing.T, calling, called *client.VC) {
	t.Helper()
	if err := calling.Close(); err != nil {
		t.Error(err)
	}
	<-called.Released()
	if err := called.Close(); err != nil {
		t.Error(err)
	}
}

// signaller forges PDUs of bob's SSCOP to alice. It follows the real ones in a trace.
type signaller struct {
	*attacker
	watch *client.Conn

	mu   sync.Mutex
	next uint32 // N(S) that alice expects
	cref []byte // call reference and its length of the last SETUP that alice received
}

// newSignaller traces alice.
func newSignaller(t *testing.T, a *attacker, alice *lab.Host) *signaller {
	t.Helper()
	s := &signaller{attacker: a, watch: dial(t, alice)}
	err := s.watch.Trace(t.Context(), "", func(e *cmdpb.TraceEvent) {
		sdu := e.GetSdu()
		if e.GetSent() || len(sdu) < 4 {
			return
		}
		trailer := binary.BigEndian.Uint32(sdu[len(sdu)-4:])
		s.mu.Lock()
		defer s.mu.Unlock()
		kind := sscop.PDUType(trailer >> 24 & 0xF)
		if kind == sscop.SD {
			s.next = trailer&0xFFFFFF + 1
		} else if slices.Contains([]sscop.PDUType{sscop.BGN, sscop.BGAK, sscop.RS, sscop.ER}, kind) {
			s.next = 0
		}
		if e.GetMessage() == "SETUP" {
			s.cref = slices.Clone(sdu[1:5])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// state returns what the trace has told.
func (s *signaller) state() (next uint32, cref []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.cref
}

// pdu sends octets as an SDU of the control VC. They carry no sequence number, so that the real peer's frames are not late.
func (s *signaller) pdu(b []byte) {
	s.t.Helper()
	w := frame.NewWord(0, len(b), 0)
	s.send(s.labelled(frame.NewEntry(frame.Signalling), append(binary.BigEndian.AppendUint32(nil, uint32(w)), b...)...))
}

// TestHostileSignalling: malformed and forged PDUs and messages from the peer's own address may cost the signalling
// connection, which comes back; calls survive, their data are not touched, and calls can be made.
func TestHostileSignalling(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a := newAttacker(t, alice, bob)
	s := newSignaller(t, a, alice)
	f := flow(t, bob, alice) // bob calls: alice receives his SETUP
	for _, tc := range []struct {
		name    string
		counter string // that must move
		run     func()
	}{
		{"PDUs of wrong length", "sscop_error_u", func() { wrongLengths(s) }},
		{"unknown PDU type", "sscop_error_u", func() { s.pdu([]byte{0, 0, 0, 0}) }},
		{"STAT of what was never sent", "sscop_error_r", func() {
			s.pdu((&sscop.PDU{Type: sscop.STAT, NR: sscop.NewSeq(0xABCDEF), NPS: sscop.NewSeq(0x123456)}).Append(nil))
		}},
		{"POLL from the future", "", func() {
			s.pdu((&sscop.PDU{Type: sscop.POLL, NS: sscop.NewSeq(1 << 23), NPS: sscop.NewSeq(1)}).Append(nil))
		}},
		{"USTAT with an absurd list", "sscop_error_t", func() {
			s.pdu((&sscop.PDU{Type: sscop.USTAT, NR: sscop.NewSeq(7), List: []sscop.Seq{sscop.NewSeq(9), sscop.NewSeq(3)}}).Append(nil))
		}},
		{"unit data", "unit_data", func() { s.pdu((&sscop.PDU{Type: sscop.UD, Data: []byte("who is there?")}).Append(nil)) }},
		{"BGN of a stranger", "", func() { s.pdu((&sscop.PDU{Type: sscop.BGN, NSQ: 99, NMR: sscop.NewSeq(10)}).Append(nil)) }},
		{"END", "", func() { s.pdu((&sscop.PDU{Type: sscop.END}).Append(nil)) }},
		{"RS and ER", "", func() {
			s.pdu((&sscop.PDU{Type: sscop.RS, NSQ: 17, NMR: sscop.NewSeq(5)}).Append(nil))
			s.pdu((&sscop.PDU{Type: sscop.ER, NSQ: 18, NMR: sscop.NewSeq(5)}).Append(nil))
		}},
		{"answers to nothing", "", func() {
			for _, p := range []sscop.PDUType{sscop.BGAK, sscop.ENDAK, sscop.RSAK, sscop.ERAK, sscop.BGREJ} {
				s.pdu((&sscop.PDU{Type: p}).Append(nil))
			}
		}},
		{"random PDUs", "sscop_error_u", func() { randomPDUs(s) }},
		{"malformed messages", "bad_messages", func() { badMessages(s) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			watch := dial(t, alice)
			before := counter(linkOf(t, watch).GetCounters(), tc.counter)
			tc.run()
			if tc.counter != "" {
				eventually(t, tc.counter+" counts", func() error {
					if counter(linkOf(t, watch).GetCounters(), tc.counter) == before {
						return errors.New("it does not")
					}
					return nil
				})
			}
			settle(t, alice, bob)
		})
	}
	if f.calling.Err() != nil || f.called.Err() != nil {
		t.Errorf("the call has ended: %v, %v", f.calling.Err(), f.called.Err())
	}
	f.end()
	awaitEmpty(t, alice, bob)
}

// settle waits until the link is up on both sides, a call can be made, and only the one of the transfer is left.
func settle(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	from, to := dial(t, bob), dial(t, alice)
	awaitLink(t, from, "up", "")
	awaitLink(t, to, "up", "")
	eventually(t, "a call can be made", func() error {
		// A forged PDU may have taken a message for received that was lost: that call waits for T310 in vain.
		ctx, cancel := context.WithTimeout(t.Context(), patience/6)
		defer cancel()
		calling, called, err := connect(ctx, from, to, alice, 3, nil)
		if err != nil {
			return err
		}
		finish(t, calling, called)
		return nil
	})
	awaitCalls(t, from, 1)
	awaitCalls(t, to, 1)
	_, _ = from.Close(), to.Close()
}

// wrongLengths sends PDUs that break the length rules of their types.
func wrongLengths(s *signaller) {
	whole := []sscop.PDU{
		{Type: sscop.BGN, NSQ: 1},
		{Type: sscop.END},
		{Type: sscop.POLL},
		{Type: sscop.STAT, List: []sscop.Seq{sscop.NewSeq(1), sscop.NewSeq(2)}},
		{Type: sscop.USTAT, List: []sscop.Seq{sscop.NewSeq(1), sscop.NewSeq(2)}},
		{Type: sscop.RS},
		{Type: sscop.ER},
		{Type: sscop.ENDAK},
	}
	for _, p := range whole {
		b := p.Append(nil)
		s.pdu(b[1:])                                    // no multiple of four
		s.pdu(append(bytes.Repeat([]byte{1}, 8), b...)) // too long
		if len(b) > 4 {
			s.pdu(b[len(b)-4:]) // the trailer alone
		}
	}
	s.pdu([]byte{8}) // one octet
}

// randomPDUs sends PDUs of every type with random contents.
func randomPDUs(s *signaller) {
	r := rand.New(rand.NewPCG(8, 9))
	random := rand.NewChaCha8([32]byte{10})
	for range 2000 {
		b := make([]byte, 4*(1+r.IntN(30)))
		_, _ = random.Read(b)
		kind := byte(r.IntN(16))
		if sscop.PDUType(kind) == sscop.SD { // what it carries would be a message: see badMessages
			continue
		}
		b[len(b)-4] = b[len(b)-4]&0xF0 | kind
		s.pdu(b)
	}
}

// badMessages sends, in SD PDUs that alice expects next, what no peer would: malformed messages, unknown ones, and
// ones for the active call with contents that do not hold.
func badMessages(s *signaller) {
	_, cref := s.state()
	if len(cref) != 4 {
		s.t.Fatal("the trace has shown no SETUP")
	}
	message := func(kind byte, body ...byte) []byte {
		b := append([]byte{9}, cref...)
		b = append(b, kind, 0x80)
		b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
		return append(b, body...)
	}
	const setup, connect, release, status, notify, unknown = 0x05, 0x07, 0x4D, 0x7D, 0x6E, 0x77
	messages := [][]byte{
		{},
		{9},
		{9, 3},
		{9, 3, 0x80, 0, 1},                 // too short
		{8, 3, 0, 0, 1, setup, 0x80, 0, 0}, // another protocol
		{9, 4, 0, 0, 0, 1, setup, 0x80, 0, 0},
		append([]byte{9}, bytes.Repeat([]byte{0xFF}, 60)...),
		message(setup), message(connect), message(unknown), message(notify),
		message(release, 0x08, 0x80, 0xFF, 0xFF), // an element longer than the message
		message(status, 0x14, 0x80, 0, 1),        // an element without its contents
		message(connect, bytes.Repeat([]byte{0x59}, 1000)...),
		append(message(notify)[:7], 0xFF, 0xFF), // a length beyond the end
		{9, 3, 0, 0, 0, release, 0x80, 0, 0},    // the global call reference
		{9, 3, 0xFF, 0xFF, 0xFF, setup, 0x80, 0, 0},
		message(0), // the escape
	}
	for _, m := range messages {
		next, _ := s.state()
		s.pdu((&sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(next), Data: m}).Append(nil))
		eventually(s.t, "alice has taken the message", func() error {
			now, _ := s.state()
			if now == next {
				return io.ErrNoProgress
			}
			return nil
		})
	}
}
