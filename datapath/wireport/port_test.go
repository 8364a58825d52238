package wireport_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/wireport"
	"callmanager/nicio"
	"callmanager/vc"
)

var (
	own   = nicio.MAC{2, 0, 0, 0, 0, 1}
	peer  = nicio.MAC{2, 0, 0, 0, 0, 2}
	other = nicio.MAC{2, 0, 0, 0, 0, 3} // Without wires.
)

const (
	local, remote = 100, 200
	wireVCI       = 40
)

var modes = map[string]wireport.Mode{"VCC": wireport.VCC, "VPC": wireport.VPC, "PDU": wireport.PDU, "SDU": wireport.SDU}

// A nic is a port that delivers what it is fed, and takes as much as it has room for.
type nic struct {
	nicio.Port
	feed [][]byte
	sent [][]byte
	room int // Frames; negative: any number.
	err  error
}

func (n *nic) ReadBatch(frames []nicio.RxFrame) (got int, err error) {
	for got < len(frames) && len(n.feed) > 0 {
		frames[got].Len = copy(frames[got].Buf, n.feed[0])
		n.feed = n.feed[1:]
		got++
	}
	return got, n.err
}

func (n *nic) WriteBatch(frames []nicio.TxFrame) (int, error) {
	if n.err != nil {
		return 0, n.err
	}
	taken := len(frames)
	if n.room >= 0 {
		taken = min(taken, n.room)
		n.room -= taken
	}
	for _, f := range frames[:taken] {
		n.sent = append(n.sent, append(bytes.Clone(f.Head), f.Body...))
	}
	return taken, nil
}

func (*nic) Unsent() int { return 0 }

// ports makes a NIC and its port with a wire of a mode.
func ports(m wireport.Mode) (*nic, *wireport.Port, *int64) {
	n, now := &nic{room: -1}, new(int64)
	w := wireport.Wire{Peer: peer, VPI: 3, VCI: wireVCI, Local: local, Remote: remote, Mode: m}
	return n, wireport.New(n, wireport.Config{Wires: []wireport.Wire{w}, MTU: 1500, Now: func() int64 { return *now }}), now
}

// sdu makes the octets of an SDU.
func sdu(serial, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(serial + i*7)
	}
	return b
}

// toEngine makes a frame of the engine to a station.
func toEngine(to nicio.MAC, vpi vc.VPI, vci vc.VCI, f frame.Flags, sdu []byte) nicio.TxFrame {
	head := make([]byte, nicio.HeaderLen+frame.HeadLen)
	nicio.PutHeader(head, to, own, nicio.EtherTypeMPLS)
	frame.PutHead((*[frame.HeadLen]byte)(head[nicio.HeaderLen:]), frame.NewEntry(frame.LabelOf(vpi, vci)), frame.NewWord(f, len(sdu), 1))
	return nicio.TxFrame{Head: head, Body: sdu}
}

// back turns a frame that was sent to the peer into one that came from it, on the label of what comes.
func back(b []byte) []byte {
	b = bytes.Clone(b)
	copy(b[6:12], b[0:6])
	copy(b[0:6], own[:])
	binary.BigEndian.PutUint32(b[nicio.HeaderLen:], uint32(frame.NewEntry(local)))
	return b
}

// read reads all frames of the engine, some at a time.
func read(t *testing.T, p *wireport.Port) (out []nicio.RxFrame) {
	t.Helper()
	for {
		frames := make([]nicio.RxFrame, 3)
		for i := range frames {
			frames[i].Buf = make([]byte, 1600)
		}
		n, err := p.ReadBatch(frames)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return out
		}
		out = append(out, frames[:n]...)
	}
}

// counters returns the counters of a peer that are not zero.
func counters(p *wireport.Port, peer nicio.MAC) map[string]uint64 {
	out := make(map[string]uint64)
	for _, c := range p.Counters(vc.MAC(peer)) {
		if c.Value != 0 {
			out[c.Name] = c.Value
		}
	}
	return out
}

// cellsOf is how many cells an SDU takes.
func cellsOf(n int) int { return (n + 8 + 47) / 48 }

// TestRoundTrip sends SDUs of many sizes through each mode, with all flags, and gets them back whole, in
// order and marked as they were. What is not of the wire passes as it is.
func TestRoundTrip(t *testing.T) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) {
			n, p, _ := ports(m)
			var frames []nicio.TxFrame
			cells := uint64(0)
			sizes := []int{1, 39, 40, 41, 88, 89, 500, 1400, 1492}
			for i, size := range sizes {
				flags := frame.Flags(i) & (frame.C | frame.E | frame.U)
				frames = append(frames, toEngine(peer, 3, wireVCI, flags, sdu(i, size)), toEngine(peer, 3, wireVCI+1, 0, sdu(i, 50)))
				cells += uint64(cellsOf(size))
			}
			frames = append(frames, toEngine(other, 3, wireVCI, 0, sdu(1, 60)))
			if taken, err := p.WriteBatch(frames); taken != len(frames) || err != nil {
				t.Fatalf("took %d: %v", taken, err)
			}
			var strangers [][]byte
			for _, b := range n.sent {
				l, _, fault := frame.DecodeLabel(b[nicio.HeaderLen:])
				switch {
				case fault != frame.NoFault || len(b) > nicio.HeaderLen+1500:
					t.Errorf("sent %d octets on label %d: %s", len(b), l, fault)
				case l == remote:
					n.feed = append(n.feed, back(b))
				default:
					strangers = append(strangers, b)
				}
			}
			if want := len(sizes) + 1; len(strangers) != want || !bytes.Equal(strangers[0], append(frames[1].Head, frames[1].Body...)) {
				t.Errorf("%d frames have passed, want %d", len(strangers), want)
			}
			got := read(t, p)
			if len(got) != len(sizes) {
				t.Fatalf("%d SDUs came back: %v", len(got), counters(p, peer))
			}
			for i := range got {
				l, rest, _ := frame.DecodeLabel(got[i].Payload())
				w, body, fault := frame.DecodeWord(rest)
				want := frame.Flags(i) & (frame.C | frame.E | frame.U)
				if l != frame.LabelOf(3, wireVCI) || fault != frame.NoFault || !bytes.Equal(body, sdu(i, sizes[i])) || w.Flags() != want {
					t.Errorf("SDU %d: label %x, flags %x, want %x, %s, %d octets", i, l, w.Flags(), want, fault, len(body))
				}
				if got[i].Source() != peer || got[i].Dest() != own {
					t.Errorf("SDU %d comes from %v", i, got[i].Source())
				}
			}
			c := counters(p, peer)
			if m != wireport.SDU && (c["rx_pdus"] != uint64(len(sizes)) || c["rx_cells_delivered"] != cells || c["tx_cells"] != cells) || c["tx_pdus"] != uint64(len(sizes)) {
				t.Errorf("counters %v, want %d cells", c, cells)
			}
			if len(counters(p, other)) != 0 {
				t.Error("a peer without wires has counters")
			}
		})
	}
}

// TestManyInOneFrame: a frame of cells may end many PDUs.
func TestManyInOneFrame(t *testing.T) {
	n, p, _ := ports(wireport.VCC)
	var whole []byte
	for i := range 5 {
		n.sent = nil
		if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(i, 40))}); err != nil {
			t.Fatal(err)
		}
		if b := back(n.sent[0]); i == 0 {
			whole = b
		} else {
			whole = append(whole, b[nicio.HeaderLen+frame.EntryLen+3:]...) // from the cell's own octet on
		}
	}
	n.feed = [][]byte{whole}
	if got := read(t, p); len(got) != 5 {
		t.Errorf("%d SDUs: %v", len(got), counters(p, peer))
	}
}

// TestDamage counts each frame and each PDU that cannot be used under its reason, and delivers none of
// it; the next one is right.
func TestDamage(t *testing.T) {
	const word = nicio.HeaderLen + frame.EntryLen
	for _, tt := range []struct {
		name    string
		mode    wireport.Mode
		size    int
		damage  func(b [][]byte) [][]byte
		counter string
	}{
		{"nothing behind the label", wireport.VCC, 40, func(b [][]byte) [][]byte { return [][]byte{b[0][:word+2]} }, "rx_drop_truncated"},
		{"associated channel", wireport.VCC, 40, func(b [][]byte) [][]byte { b[0][word] = 0x10; return b }, "rx_drop_not_pseudowire"},
		{"reserved bits", wireport.VCC, 40, func(b [][]byte) [][]byte { b[0][word+3] |= 0x20; return b }, "rx_drop_flagged"},
		{"a PDU among cells", wireport.VCC, 40, func(b [][]byte) [][]byte { b[0][word+3] |= 0x80; return b }, "rx_drop_wrong_m"},
		{"a VCI of its own", wireport.VCC, 40, func(b [][]byte) [][]byte { b[0][word+3] |= 0x40; return b }, "rx_drop_wrong_v"},
		{"control word alone", wireport.PDU, 40, func(b [][]byte) [][]byte { return [][]byte{b[0][:word+4]} }, "rx_drop_no_cells"},
		{"part of a cell", wireport.VPC, 40, func(b [][]byte) [][]byte { return [][]byte{b[0][:len(b[0])-1]} }, "rx_drop_partial_cell"},
		{"another channel of the path", wireport.VPC, 40, func(b [][]byte) [][]byte { b[0][word+5]++; return b }, "rx_cells_stray"},
		{"OAM", wireport.VCC, 40, func(b [][]byte) [][]byte { b[0][word+3] = 5 << 1; return b }, "rx_cells_f5_end_to_end"},
		{"bit error", wireport.VCC, 400, func(b [][]byte) [][]byte { b[0][word+9] ^= 1; return b }, "rx_pdu_bad_crc"},
		{"bit error in a PDU", wireport.PDU, 400, func(b [][]byte) [][]byte { b[0][word+9] ^= 1; return b }, "rx_pdu_bad_crc"},
		{"more than one user bit", wireport.VCC, 40, func(b [][]byte) [][]byte {
			pdu := b[0][len(b[0])-cell.BodyLen:]
			aal5.Finish(pdu, 40, 2, 0, 40, 0)
			return b
		}, "rx_pdu_user_bits"},
		{"lost part", wireport.PDU, 1492, func(b [][]byte) [][]byte { return b[1:] }, "rx_pdu_bad_length"},
		{"seen before", wireport.VCC, 40, func(b [][]byte) [][]byte { return append(b, b...) }, "rx_drop_late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, p, _ := ports(tt.mode)
			if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(1, tt.size))}); err != nil {
				t.Fatal(err)
			}
			for i, b := range n.sent {
				n.sent[i] = back(b)
			}
			n.feed = tt.damage(n.sent)
			most := 0
			if tt.counter == "rx_drop_late" {
				most = 1
			}
			if got := read(t, p); len(got) != most {
				t.Errorf("%d SDUs are delivered", len(got))
			}
			if c := counters(p, peer); c[tt.counter] != 1 {
				t.Errorf("counters %v, want one %s", c, tt.counter)
			}
			n.sent = nil
			for range 2 { // the first ends what the damage has left open
				if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(2, 60))}); err != nil {
					t.Fatal(err)
				}
			}
			for _, b := range n.sent {
				n.feed = append(n.feed, back(b))
			}
			if got := read(t, p); len(got) != 2 {
				t.Errorf("%d SDUs afterwards: %v", len(got), counters(p, peer))
			}
		})
	}
}

// TestTimeout: a PDU whose rest comes too late is given up.
func TestTimeout(t *testing.T) {
	n, p, now := ports(wireport.PDU)
	if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(1, 1492))}); err != nil {
		t.Fatal(err)
	}
	if len(n.sent) != 2 {
		t.Fatalf("%d frames", len(n.sent))
	}
	n.feed = [][]byte{back(n.sent[0])}
	read(t, p)
	*now += int64(5*time.Second) + 1
	n.feed = [][]byte{back(n.sent[1])}
	if got := read(t, p); len(got) != 0 || counters(p, peer)["rx_pdu_timed_out"] != 1 {
		t.Errorf("%d SDUs, %v", len(got), counters(p, peer))
	}
}

// TestStrangers: a label by hand that is no wire's, and the wire's from another station, pass.
func TestStrangers(t *testing.T) {
	n, p, _ := ports(wireport.VCC)
	f := toEngine(peer, 3, wireVCI, 0, sdu(1, 60))
	whole := back(append(bytes.Clone(f.Head), f.Body...))
	unknown, stranger, own := bytes.Clone(whole), bytes.Clone(whole), bytes.Clone(whole)
	binary.BigEndian.PutUint32(unknown[nicio.HeaderLen:], uint32(frame.NewEntry(local+1)))
	copy(stranger[6:12], other[:])
	binary.BigEndian.PutUint32(own[nicio.HeaderLen:], uint32(frame.NewEntry(frame.LabelOf(3, wireVCI))))
	n.feed = [][]byte{unknown, stranger, own, whole[:nicio.HeaderLen]}
	want := [][]byte{unknown, stranger, own, whole[:nicio.HeaderLen]}
	got := read(t, p)
	if len(got) != len(want) {
		t.Fatalf("%d frames have passed", len(got))
	}
	for i := range want {
		if !bytes.Equal(got[i].Buf[:got[i].Len], want[i]) {
			t.Errorf("frame %d has passed as %x, want %x", i, got[i].Buf[:got[i].Len], want[i])
		}
	}
	if c := counters(p, peer); len(c) != 0 {
		t.Errorf("counted %v", c)
	}
}

// TestBackPressure: a NIC that takes a frame now and then gets all of them in order, others behind those of
// the wire.
func TestBackPressure(t *testing.T) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) {
			n, p, now := ports(m)
			n.room = 0
			const serials = 400
			var frames []nicio.TxFrame
			for i := range serials {
				frames = append(frames, toEngine(peer, 3, wireVCI, 0, sdu(i, 1400)))
				if i%7 == 0 {
					frames = append(frames, toEngine(peer, 0, 99, 0, sdu(i, 50)))
				}
			}
			all := len(frames)
			for steps := 0; len(frames) > 0 || p.Unsent() > 0; steps++ {
				if steps > 100*all {
					t.Fatal("no end")
				}
				taken, err := p.WriteBatch(frames[:min(len(frames), nicio.BatchSize)])
				if err != nil {
					t.Fatal(err)
				}
				frames = frames[taken:]
				n.room = steps % 3
				if due := p.Due(); p.Unsent() > 0 && (due <= *now || due == wireport.Never) || p.Unsent() == 0 && due != wireport.Never {
					t.Fatalf("due at %d with %d octets", due, p.Unsent())
				}
				*now = max(*now, min(p.Due(), *now+1e6))
				if err := p.Flush(*now); err != nil {
					t.Fatal(err)
				}
			}
			passed := 0
			for _, b := range n.sent {
				if l, _, _ := frame.DecodeLabel(b[nicio.HeaderLen:]); l == remote {
					n.feed = append(n.feed, back(b))
				} else {
					passed++
				}
			}
			got := read(t, p)
			if len(got) != serials || passed != (serials+6)/7 {
				t.Fatalf("%d SDUs and %d others: %v", len(got), passed, counters(p, peer))
			}
			for i := range got {
				if b := got[i].Payload()[frame.HeadLen:]; !bytes.Equal(b, sdu(i, 1400)) {
					t.Fatalf("SDU %d is another", i)
				}
			}
		})
	}
}

// TestUnfit: what is part of an SDU, or none, cannot be made into cells.
func TestUnfit(t *testing.T) {
	_, p, _ := ports(wireport.VCC)
	part, empty := toEngine(peer, 3, wireVCI, 0, sdu(1, 60)), toEngine(peer, 3, wireVCI, 0, nil)
	w := frame.NewPart(0, frame.First, 60, 1)
	binary.BigEndian.PutUint32(part.Head[nicio.HeaderLen+frame.EntryLen:], uint32(w))
	if n, err := p.WriteBatch([]nicio.TxFrame{part, empty}); n != 2 || err != nil {
		t.Errorf("took %d: %v", n, err)
	}
	if c := counters(p, peer); c["tx_drop_unfit"] != 2 || len(c) != 1 {
		t.Errorf("counters %v", c)
	}
}

// TestPortFails hands the error of a port on and counts what met it.
func TestPortFails(t *testing.T) {
	n, p, _ := ports(wireport.VCC)
	n.err = errors.New("gone")
	_, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(1, 60))})
	if !errors.Is(err, n.err) || p.Unsent() != 0 || counters(p, peer)["tx_drop_port_failed"] != 1 {
		t.Errorf("%v, %v", err, counters(p, peer))
	}
	if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(other, 3, wireVCI, 0, sdu(1, 60))}); !errors.Is(err, n.err) {
		t.Error(err)
	}
	if _, err := p.ReadBatch(make([]nicio.RxFrame, 1)); !errors.Is(err, n.err) {
		t.Error(err)
	}
}

// TestNoAllocs: what is under way costs no memory but once.
func TestNoAllocs(t *testing.T) {
	for name, m := range modes {
		n, p, _ := ports(m)
		f := []nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(1, 1400))}
		frames := []nicio.RxFrame{{Buf: make([]byte, 1600)}}
		var sent [][]byte
		if _, err := p.WriteBatch(f); err != nil {
			t.Fatal(err)
		}
		for _, b := range n.sent {
			b = back(b)
			b[nicio.HeaderLen+frame.EntryLen+1], b[nicio.HeaderLen+frame.EntryLen+2] = 0, 0 // no number
			sent = append(sent, b)
		}
		q := &quiet{nic: n, feed: sent}
		quietPort := wireport.New(q, wireport.Config{
			Wires: []wireport.Wire{{Peer: peer, VPI: 3, VCI: wireVCI, Local: local, Remote: remote, Mode: m}}, MTU: 1500, Now: func() int64 { return 0 },
		})
		if got := testing.AllocsPerRun(100, func() {
			_, _ = quietPort.WriteBatch(f)
			q.at = 0
			_, _ = quietPort.ReadBatch(frames)
		}); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

// quiet is a NIC that takes all and delivers the same again.
type quiet struct {
	*nic
	feed [][]byte
	at   int
}

func (q *quiet) WriteBatch(frames []nicio.TxFrame) (int, error) { return len(frames), nil }

func (q *quiet) ReadBatch(frames []nicio.RxFrame) (n int, err error) {
	for n < len(frames) && q.at < len(q.feed) {
		frames[n].Len = copy(frames[n].Buf, q.feed[q.at])
		q.at++
		n++
	}
	return n, nil
}

// BenchmarkRoundTrip sends and receives SDUs of 1400 octets.
func BenchmarkRoundTrip(b *testing.B) {
	for _, name := range []string{"VCC", "VPC", "PDU", "SDU"} {
		b.Run(fmt.Sprint("mode=", name), func(b *testing.B) {
			n, p, _ := ports(modes[name])
			f := []nicio.TxFrame{toEngine(peer, 3, wireVCI, 0, sdu(1, 1400))}
			frames := []nicio.RxFrame{{Buf: make([]byte, 1600)}}
			b.SetBytes(1400)
			for b.Loop() {
				n.sent = n.sent[:0]
				_, _ = p.WriteBatch(f)
				for _, s := range n.sent {
					n.feed = append(n.feed, back(s))
				}
				if got, _ := p.ReadBatch(frames); got != 1 {
					b.Fatal("lost")
				}
			}
		})
	}
}
