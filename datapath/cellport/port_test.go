package cellport_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callmanager/datapath/cell"
	"callmanager/datapath/cellport"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/nicio"
	"callmanager/vc"
)

var (
	own   = nicio.MAC{2, 0, 0, 0, 0, 1}
	peer  = nicio.MAC{2, 0, 0, 0, 0, 2}
	other = nicio.MAC{2, 0, 0, 0, 0, 3} // In frame mode.
)

const label = 32

// A nic is a port that delivers what it is fed, and takes as much as it has room for.
type nic struct {
	nicio.Port
	feed [][]byte
	sent [][]byte
	room int // Frames; negative: any number.
	err  error

	wakes atomic.Int64
	stats nicio.Stats
}

func (n *nic) ReadBatch(frames []nicio.RxFrame) (got int, err error) {
	for got < len(frames) && len(n.feed) > 0 {
		frames[got].Len = copy(frames[got].Buf, n.feed[0])
		n.feed = n.feed[1:]
		got++
	}
	return got, nil
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

func (n *nic) Stats() nicio.Stats { return n.stats }

func (n *nic) Wake() { n.wakes.Add(1) }

// ports makes a NIC and its port of data in cell mode.
func ports(p cellport.Peer) (*nic, *cellport.Port, *int64) {
	n, now := &nic{room: -1}, new(int64)
	p.MAC, p.Label = peer, label
	return n, cellport.NewData(n, cellport.Config{Peers: []cellport.Peer{p}, MTU: 1500, Now: func() int64 { return *now }}), now
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
func toEngine(to nicio.MAC, vci vc.VCI, sdu []byte) nicio.TxFrame {
	head := make([]byte, nicio.HeaderLen+frame.HeadLen)
	nicio.PutHeader(head, to, own, nicio.EtherTypeMPLS)
	frame.PutHead((*[frame.HeadLen]byte)(head[nicio.HeaderLen:]), frame.NewEntry(frame.LabelOf(0, vci)), frame.NewWord(0, len(sdu), 1))
	return nicio.TxFrame{Head: head, Body: sdu}
}

// buffers are those of the engine.
func buffers(n, octets int) []nicio.RxFrame {
	out := make([]nicio.RxFrame, n)
	for i := range out {
		out[i].Buf = make([]byte, octets)
	}
	return out
}

// back turns a frame that was sent to the peer into one that came from it.
func back(b []byte) []byte {
	b = bytes.Clone(b)
	copy(b[6:12], b[0:6])
	copy(b[0:6], own[:])
	return b
}

// cellHead returns what stands before control word and cells in a frame from the peer.
func cellHead() []byte {
	head := make([]byte, nicio.HeaderLen+frame.EntryLen)
	nicio.PutHeader(head, own, peer, nicio.EtherTypeMPLS)
	binary.BigEndian.PutUint32(head[nicio.HeaderLen:], uint32(frame.NewEntry(label)))
	return head
}

// octets returns the SDU of a frame of the engine.
func octets(t *testing.T, f *nicio.RxFrame) (vc.VCI, []byte) {
	t.Helper()
	l, rest, fault := frame.DecodeLabel(f.Payload())
	_, body, fault2 := frame.DecodeWord(rest)
	vpi, vci, ok := l.Channel()
	if fault != frame.NoFault || fault2 != frame.NoFault || !ok || vpi != 0 || f.Source() != peer || f.Dest() != own {
		t.Fatalf("the engine gets %x: %s, %s", f.Buf[:f.Len], fault, fault2)
	}
	return vci, body
}

// TestBackPressure: a NIC that takes a frame now and then gets all cells in order, and the engine's frames are
// taken as far as there is room.
func TestBackPressure(t *testing.T) {
	n, p, now := ports(cellport.Peer{PerFrame: 1})
	n.room = 0
	var frames []nicio.TxFrame
	for i := range 64 {
		frames = append(frames, toEngine(peer, 100, sdu(i, 3000)))
	}
	for taken := 0; taken < len(frames); {
		got, err := p.WriteBatch(frames[taken:])
		if err != nil {
			t.Fatal(err)
		}
		taken += got
		if got == 0 && p.Unsent() == 0 {
			t.Fatal("nothing is taken though nothing waits")
		}
		n.room = 7
		*now += int64(time.Millisecond)
	}
	for p.Due() != cellport.Never {
		n.room = 7
		if err := p.Flush(p.Due()); err != nil {
			t.Fatal(err)
		}
	}
	if p.Unsent() != 0 || len(n.sent) != 64*vc.CellsFor(3000) {
		t.Fatalf("%d frames sent, %d octets are left; want %d and none", len(n.sent), p.Unsent(), 64*vc.CellsFor(3000))
	}
	for _, b := range n.sent {
		n.feed = append(n.feed, back(b))
	}
	rx, serial := buffers(64, cellport.MaxFrame), 0
	for got := -1; got != 0; {
		var err error
		if got, err = p.ReadBatch(rx); err != nil {
			t.Fatal(err)
		}
		for i := range rx[:got] {
			if _, body := octets(t, &rx[i]); !bytes.Equal(body, sdu(serial, 3000)) {
				t.Errorf("SDU %d came back as %d others", serial, len(body))
			}
			serial++
		}
	}
	if serial != 64 {
		t.Errorf("%d SDUs came back, want 64", serial)
	}
}

// TestBothModes: frames to and from a peer in frame mode pass as they are, among cells to and from another.
func TestBothModes(t *testing.T) {
	n, p, _ := ports(cellport.Peer{})
	var frames []nicio.TxFrame
	for i := range 30 {
		to := peer
		if i%3 > 0 {
			to = other
		}
		frames = append(frames, toEngine(to, vc.VCI(100+i), sdu(i, 40)))
	}
	if got, err := p.WriteBatch(frames); got != len(frames) || err != nil {
		t.Fatal(got, err)
	}
	var cells, whole int
	for _, b := range n.sent {
		if nicio.MAC(b[0:6]) == peer {
			cells += (len(b) - 22) / 52
			n.feed = append(n.feed, back(b))
			continue
		}
		if want := frames[1+whole/2*3+whole%2]; !bytes.Equal(b, append(bytes.Clone(want.Head), want.Body...)) {
			t.Errorf("frame %d to a peer in frame mode is %x", whole, b)
		}
		whole++
		n.feed = append(n.feed, back(b))
	}
	if cells != 10 || whole != 20 {
		t.Fatalf("%d cells and %d frames, want 10 and 20", cells, whole)
	}
	rx := buffers(64, 2000) // Smaller than the largest PDU: SDUs are copied.
	if got, err := p.ReadBatch(rx); got != 30 || err != nil {
		t.Fatalf("%d frames for the engine, %v", got, err)
	}
}

// TestFramesBehindCells: an SDU to a peer in frame mode is handed on in the same call as the cells before it, and
// cells that may not wait are due when the NIC has no room for the frames behind them.
func TestFramesBehindCells(t *testing.T) {
	n, p, _ := ports(cellport.Peer{})
	frames := []nicio.TxFrame{toEngine(peer, 100, sdu(1, 3000)), toEngine(other, 101, sdu(2, 40)), toEngine(peer, 100, sdu(3, 40))}
	if got, err := p.WriteBatch(frames); got != 3 || err != nil || len(n.sent) != 4 || p.Unsent() != 0 {
		t.Errorf("%d of 3 SDUs are taken, %v; %d frames are sent, want 4", got, err, len(n.sent))
	}
	n.sent, n.room = nil, 1
	frames = []nicio.TxFrame{toEngine(peer, 100, sdu(1, 40)), toEngine(other, 101, sdu(2, 40)), toEngine(other, 102, sdu(3, 40))}
	got, err := p.WriteBatch(frames)
	if got != 2 || err != nil || len(n.sent) != 1 || p.Due() == cellport.Never {
		t.Fatalf("%d SDUs are taken, %v; %d frames are sent; more at %d", got, err, len(n.sent), p.Due())
	}
	n.room = -1
	if err := p.Flush(p.Due()); err != nil || len(n.sent) != 2 || p.Unsent() != 0 {
		t.Errorf("%v; %d frames are sent, want 2", err, len(n.sent))
	}
}

// TestLongFrame: a frame to be handed on that does not fit the engine's buffer is counted as one that was cut.
func TestLongFrame(t *testing.T) {
	n, p, _ := ports(cellport.Peer{})
	for _, size := range []int{1000, 100} {
		f := toEngine(other, 100, sdu(1, size))
		n.feed = append(n.feed, back(append(bytes.Clone(f.Head), f.Body...)))
	}
	n.stats = nicio.Stats{RxFrames: 2, RxOctets: 1000 + 100 + 2*22}
	if got, err := p.ReadBatch(buffers(4, 500)); got != 1 || err != nil {
		t.Errorf("%d frames, %v", got, err)
	}
	if got, want := p.Stats(), (nicio.Stats{RxFrames: 1, RxOctets: 122, RxTruncated: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// TestManyPDUsUnderWay: beyond the bound the one that began first is given up, and after its time each is.
func TestManyPDUsUnderWay(t *testing.T) {
	n, p, now := ports(cellport.Peer{PerFrame: 1})
	const vcs = 300
	for part := range 2 {
		for i := range vcs {
			n.sent = nil
			if got, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, vc.VCI(100+i), sdu(i, 60))}); got != 1 || err != nil || len(n.sent) != 2 {
				t.Fatal(got, err, len(n.sent))
			}
			b := back(n.sent[part])
			binary.BigEndian.PutUint32(b[18:], 0) // No sequence number.
			n.feed = append(n.feed, b)
		}
	}
	rx, whole := buffers(64, cellport.MaxFrame), 0
	for {
		got, err := p.ReadBatch(rx)
		if err != nil {
			t.Fatal(err)
		}
		if got == 0 {
			break
		}
		for i := range rx[:got] {
			vci, body := octets(t, &rx[i])
			if !bytes.Equal(body, sdu(int(vci)-100, 60)) {
				t.Errorf("VC %d got %x", vci, body)
			}
		}
		whole += got
	}
	c := map[string]uint64{}
	for _, k := range p.Counters(vc.MAC(peer)) {
		c[k.Name] = k.Value
	}
	if whole != 256 || c["rx_pdus"] != 256 || c["rx_pdu_timed_out"] != vcs-256 || c["rx_cells"] != 2*vcs ||
		c["rx_cells_delivered"]+c["rx_cells_dropped"] != 2*vcs {
		t.Errorf("%d SDUs of %d, counters %v", whole, vcs, c)
	}
	n.sent = nil
	if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 100, sdu(1, 60))}); err != nil {
		t.Fatal(err)
	}
	first, last := back(n.sent[0]), back(n.sent[1])
	binary.BigEndian.PutUint32(first[18:], 0)
	binary.BigEndian.PutUint32(last[18:], 0)
	n.feed = [][]byte{first}
	if got, err := p.ReadBatch(rx); got != 0 || err != nil {
		t.Fatal(got, err)
	}
	*now += int64(6 * time.Second)
	if got, err := p.ReadBatch(rx); got != 0 || err != nil || timedOut(p) != vcs-256+1 {
		t.Errorf("%d SDUs, %v, %d PDUs timed out, want %d", got, err, timedOut(p), vcs-256+1)
	}
	n.feed = [][]byte{last}
	if got, err := p.ReadBatch(rx); got != 0 || err != nil {
		t.Errorf("%d SDUs of a PDU whose end came after its time, %v", got, err)
	}
}

// timedOut returns how many PDUs were given up.
func timedOut(p *cellport.Port) uint64 {
	for _, c := range p.Counters(vc.MAC(peer)) {
		if c.Name == "rx_pdu_timed_out" {
			return c.Value
		}
	}
	return 0
}

// TestBrokenNIC: what waits for a port that has closed is counted, and the error is told.
func TestBrokenNIC(t *testing.T) {
	n, p, _ := ports(cellport.Peer{Delay: time.Millisecond})
	if got, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, 100, sdu(1, 40))}); got != 1 || err != nil {
		t.Fatal(got, err)
	}
	n.err = net.ErrClosed
	if err := p.Flush(p.Due()); err == nil {
		t.Error("no error")
	}
	for _, c := range p.Counters(vc.MAC(peer)) {
		if c.Name == "tx_drop_port_failed" && c.Value != 1 {
			t.Errorf("%d frames failed, want 1", c.Value)
		}
	}
	if p.Unsent() != 0 || p.Due() != cellport.Never {
		t.Errorf("%d octets wait for a port that is closed", p.Unsent())
	}
}

// TestNoAllocs covers both halves under way.
func TestNoAllocs(t *testing.T) {
	n, p, now := ports(cellport.Peer{Delay: 100 * time.Microsecond})
	var frames []nicio.TxFrame
	for i := range 64 {
		frames = append(frames, toEngine(peer, vc.VCI(100+i%5), sdu(i, []int{40, 1492}[i&1])))
	}
	if _, err := p.WriteBatch(frames); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(p.Due()); err != nil {
		t.Fatal(err)
	}
	var replies [][]byte
	for _, b := range n.sent {
		b = back(b)
		binary.BigEndian.PutUint32(b[18:], 0)
		replies = append(replies, b)
	}
	quiet := &quietNIC{feed: replies}
	p = cellport.NewData(quiet, cellport.Config{
		Peers: []cellport.Peer{{MAC: peer, Label: label, Delay: 100 * time.Microsecond}}, MTU: 1500, Now: func() int64 { return *now },
	})
	rx := buffers(64, cellport.MaxFrame)
	got := 0
	allocs := testing.AllocsPerRun(100, func() {
		*now += int64(time.Millisecond)
		if n, err := p.WriteBatch(frames); n != len(frames) || err != nil {
			t.Fatal(n, err)
		}
		if p.Due() != cellport.Never {
			_ = p.Flush(p.Due())
		}
		quiet.at = 0
		got = 0
		for n := -1; n != 0; got += n {
			n, _ = p.ReadBatch(rx)
		}
	})
	if allocs != 0 || got != 64 {
		t.Errorf("%v allocations a batch, %d SDUs; want 0 and 64", allocs, got)
	}
}

// TestOneCellTakesNoMemory: PDUs of one cell on ever other channels and paths take no place in any table.
func TestOneCellTakesNoMemory(t *testing.T) {
	quiet := &quietNIC{}
	p := cellport.NewData(quiet, cellport.Config{Peers: []cellport.Peer{{MAC: peer, Label: label}}, MTU: 1500, Now: func() int64 { return 0 }})
	n, from, _ := ports(cellport.Peer{PerFrame: 1})
	rx := buffers(1, cellport.MaxFrame)
	if _, err := from.WriteBatch([]nicio.TxFrame{toEngine(peer, 100, sdu(1, 40))}); err != nil {
		t.Fatal(err)
	}
	quiet.feed = [][]byte{back(n.sent[0])}
	binary.BigEndian.PutUint32(quiet.feed[0][18:], 0) // No sequence number.
	channel := uint32(100)
	allocs := testing.AllocsPerRun(2000, func() {
		channel = (channel + 331) % (15 << 16)
		binary.BigEndian.PutUint32(quiet.feed[0][22:], channel<<4|2)
		quiet.at = 0
		_, _ = p.ReadBatch(rx)
	})
	if allocs != 0 {
		t.Errorf("%v allocations a PDU", allocs)
	}
}

// A quietNIC delivers the same frames again and again, and takes all.
type quietNIC struct {
	nicio.Port
	feed [][]byte
	at   int
}

func (n *quietNIC) ReadBatch(frames []nicio.RxFrame) (got int, err error) {
	for got < len(frames) && n.at < len(n.feed) {
		frames[got].Len = copy(frames[got].Buf, n.feed[n.at])
		n.at++
		got++
	}
	return got, nil
}

func (*quietNIC) WriteBatch(frames []nicio.TxFrame) (int, error) { return len(frames), nil }

// FuzzRead feeds frames of anything, of a peer in cell mode: what the engine gets is an SDU that passes its CRC,
// and every cell is counted.
func FuzzRead(f *testing.F) {
	n, p, _ := ports(cellport.Peer{})
	for _, size := range []int{1, 40, 41, 100, 1492} {
		n.sent = nil
		_, _ = p.WriteBatch([]nicio.TxFrame{toEngine(peer, 100, sdu(1, size))})
		for _, b := range n.sent {
			f.Add(b[18:], uint8(1))
		}
	}
	f.Add([]byte{}, uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, times uint8) {
		n, p, _ := ports(cellport.Peer{})
		head := cellHead()
		in := slices.Concat(head, b)
		in = in[:min(len(in), 1514)]
		for range times%8 + 1 {
			n.feed = append(n.feed, in)
		}
		rx, sdus := buffers(4, cellport.MaxFrame), uint64(0)
		for {
			got, err := p.ReadBatch(rx)
			if err != nil {
				t.Fatal(err)
			}
			if got == 0 && !more(n) {
				break
			}
			sdus += uint64(got)
			for i := range rx[:got] {
				if _, rest, fault := frame.DecodeLabel(rx[i].Payload()); fault != frame.NoFault {
					t.Fatal(fault)
				} else if _, body, fault := frame.DecodeWord(rest); fault != frame.NoFault || len(body) == 0 {
					t.Fatalf("the engine gets %d octets, %s", len(body), fault)
				}
			}
		}
		c := map[string]uint64{}
		for _, k := range p.Counters(vc.MAC(peer)) {
			c[k.Name] = k.Value
		}
		if c["rx_pdus"] != sdus || c["rx_cells_delivered"]+c["rx_cells_dropped"] > c["rx_cells"] || c["rx_frames"] != uint64(times%8)+1 {
			t.Fatalf("%d SDUs, counters %v", sdus, c)
		}
	})
}

func more(n *nic) bool { return len(n.feed) > 0 }

// BenchmarkPort packs and joins, without a NIC.
func BenchmarkPort(b *testing.B) {
	for _, size := range []int{40, 1492} {
		n, p, now := ports(cellport.Peer{Delay: 100 * time.Microsecond})
		var frames []nicio.TxFrame
		for i := range 64 {
			frames = append(frames, toEngine(peer, vc.VCI(100+i), sdu(i, size)))
		}
		_, _ = p.WriteBatch(frames)
		_ = p.Flush(p.Due())
		quiet := &quietNIC{}
		for _, f := range n.sent {
			f = back(f)
			binary.BigEndian.PutUint32(f[18:], 0)
			quiet.feed = append(quiet.feed, f)
		}
		p = cellport.NewData(quiet, cellport.Config{
			Peers: []cellport.Peer{{MAC: peer, Label: label, Delay: 100 * time.Microsecond}}, MTU: 1500, Now: func() int64 { return *now },
		})
		rx := buffers(64, cellport.MaxFrame)
		report := func(b *testing.B) {
			b.Helper()
			b.SetBytes(int64(64 * size))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64), "ns/SDU")
		}
		b.Run(fmt.Sprintf("write/octets=%d", size), func(b *testing.B) {
			for b.Loop() {
				*now += int64(time.Millisecond)
				_, _ = p.WriteBatch(frames)
				_ = p.Flush(*now + int64(time.Millisecond))
			}
			report(b)
		})
		b.Run(fmt.Sprintf("read/octets=%d", size), func(b *testing.B) {
			for b.Loop() {
				quiet.at = 0
				for n := -1; n != 0; {
					n, _ = p.ReadBatch(rx)
				}
			}
			report(b)
		})
	}
}

// TestHandedOver: cells of a control VC behind data are bounded while nobody takes them, wake the port of the
// control VCs once, and reach it while it waits; it is not kept busy by those that end no PDU.
func TestHandedOver(t *testing.T) {
	const many = 600 // More than are kept.
	data, control := &nic{room: -1}, &nic{room: -1}
	cfg := cellport.Config{Peers: []cellport.Peer{{MAC: peer, Label: label}}, MTU: 1500, Now: func() int64 { return 0 }}
	d, c := cellport.NewData(data, cfg), cellport.NewControl(control, cfg)
	d.HandTo(c)
	head := cellHead()
	for range many / 20 {
		var b cell.Builder
		b.Begin(cell.NToOne, make([]byte, 1496), 28)
		b.Append(cell.NewHeader(0, 100, cell.AUU, false))
		for range 20 {
			b.Append(cell.NewHeader(0, 5, 0, false))
		}
		data.feed = append(data.feed, slices.Concat(head, b.Finish(0)))
	}
	rx := buffers(4, cellport.MaxFrame)
	for range 3 {
		if got, err := d.ReadBatch(rx); got != 0 || err != nil {
			t.Fatal(got, err)
		}
	}
	count := func(p *cellport.Port, name string) uint64 {
		for _, k := range p.Counters(vc.MAC(peer)) {
			if k.Name == name {
				return k.Value
			}
		}
		t.Fatalf("no counter %s", name)
		return 0
	}
	handed, strays := count(d, "rx_cells_handed_over"), count(d, "rx_cells_stray")
	if handed+strays != many || strays == 0 || data.wakes.Load() != 0 || control.wakes.Load() != 1 {
		t.Errorf("%d cells handed over, %d strays of %d; woken %d times", handed, strays, many, control.wakes.Load())
	}
	if err := c.WaitRead(-1); err != nil { // It would ask the NIC, which cannot be asked.
		t.Error(err)
	}
	if got, err := c.ReadBatch(rx); got != 0 || err != nil || count(c, "rx_cells") != handed {
		t.Errorf("%d SDUs, %v; %d cells came, want %d", got, err, count(c, "rx_cells"), handed)
	}
}

// TestHandedOverAtOnce lets both ports run at the same time: each SDU of the control VC comes once, in order.
func TestHandedOverAtOnce(t *testing.T) {
	const sdus = 2000
	data, control := &nic{room: -1}, &nic{room: -1}
	cfg := cellport.Config{Peers: []cellport.Peer{{MAC: peer, Label: label}}, MTU: 1500, Now: func() int64 { return 0 }}
	d, c := cellport.NewData(data, cfg), cellport.NewControl(control, cfg)
	d.HandTo(c)
	head := cellHead()
	for i := range sdus {
		var b cell.Builder
		var s sar.Segmenter
		b.Begin(cell.NToOne, make([]byte, 1496), 28)
		b.Append(cell.NewHeader(0, 100, cell.AUU, false))
		s.Start(cell.NewHeader(0, 5, 0, false), append(binary.BigEndian.AppendUint32(nil, uint32(i)), sdu(i, 96)...), 0)
		s.Fill(&b, 27)
		data.feed = append(data.feed, slices.Concat(head, b.Finish(0)))
	}
	var reader sync.WaitGroup
	var read atomic.Bool
	reader.Go(func() {
		defer read.Store(true)
		rx := buffers(4, cellport.MaxFrame)
		for len(data.feed) > 0 {
			if got, err := d.ReadBatch(rx); got != 0 || err != nil {
				t.Errorf("%d SDUs of data, %v", got, err)
				return
			}
		}
	})
	rx, last, came := buffers(4, cellport.MaxFrame), -1, 0
	for ended, got := false, 1; !ended || got > 0; {
		ended = read.Load()
		var err error
		if got, err = c.ReadBatch(rx); err != nil {
			t.Fatal(err)
		}
		for i := range rx[:got] {
			_, body := octets(t, &rx[i])
			serial := int(binary.BigEndian.Uint32(body))
			if serial <= last || serial >= sdus || !bytes.Equal(body[4:], sdu(serial, 96)) {
				t.Fatalf("%x is no SDU, or one that is late", body)
			}
			last = serial
			came++
		}
	}
	reader.Wait()
	n := map[string]uint64{}
	for _, k := range d.Counters(vc.MAC(peer)) {
		n[k.Name] = k.Value
	}
	if n["rx_cells_handed_over"]+n["rx_cells_stray"] != 3*sdus || came == 0 || n["rx_cells_stray"] == 0 && came != sdus {
		t.Errorf("%d SDUs of %d, counters %v", came, sdus, n)
	}
}

// TestOneNumbering: to a peer that knows one sequence of numbers a label, no frame of data or of signalling is late, in
// whatever order the two ports send.
func TestOneNumbering(t *testing.T) {
	n := &nic{room: -1}
	cfg := cellport.Config{Peers: []cellport.Peer{{MAC: peer, Label: label}}, MTU: 1500, Now: func() int64 { return 0 }}
	d, c := cellport.NewData(n, cfg), cellport.NewControl(n, cfg)
	for i := range 200 {
		p, vci := d, vc.VCI(100)
		if i%3 == 0 {
			p, vci = c, 5
		}
		if _, err := p.WriteBatch([]nicio.TxFrame{toEngine(peer, vci, sdu(i, 60))}); err != nil {
			t.Fatal(err)
		}
	}
	var order frame.Order
	for i, f := range n.sent {
		_, rest, _ := frame.DecodeLabel(f[nicio.HeaderLen:])
		number := binary.BigEndian.Uint16(rest[2:])
		if v, lost := order.Admit(number, rest); v != frame.InOrder || lost != 0 {
			t.Errorf("frame %d, number %d: verdict %d, %d lost", i, number, v, lost)
		}
	}
}
