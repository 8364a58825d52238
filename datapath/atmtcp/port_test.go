package atmtcp_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"callmanager/datapath/atmtcp"
	"callmanager/datapath/carrier"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// TestOverrun floods the data port, which nobody reads: the rest is counted, and the control port's
// record behind the flood arrives.
func TestOverrun(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		far := r.connect("192.0.2.1:1000")
		const size = 9000
		sent := carrier.DataInbox/size + 10
		for range sent {
			r.send(far, atmtcp.AppendRecord(nil, 0, 32, make([]byte, size)))
		}
		r.send(far, atmtcp.AppendRecord(nil, 0, 5, []byte("signalling")))
		s := r.t.Data().Stats()
		if s.RxOverrun < 10 || s.RxOverrun > 30 || s.RxQueued+s.RxOverrun != uint64(sent) {
			t.Errorf("%d queued and %d dropped of %d", s.RxQueued, s.RxOverrun, sent)
		}
		if s := r.t.Control().Stats(); s.RxQueued != 1 {
			t.Error("the signalling behind a flood is lost")
		}
	})
}

// TestSizes carries SDUs of every size at which the encapsulation changes, both ways.
func TestSizes(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		far := r.connect("192.0.2.1:1000")
		frames := batch(1, atmtcp.MaxSDU)
		for _, n := range []int{1, 41, 42, 43, 55, 56, 57, 59, 60, 61, 1500, 9180, atmtcp.MaxSDU} {
			sdu := bytes.Repeat([]byte{byte(n)}, n)
			r.send(far, atmtcp.AppendRecord(nil, 2, 40, sdu))
			if got, err := r.t.Data().ReadBatch(frames); got != 1 || err != nil {
				t.Fatalf("%d octets: %d, %v", n, got, err)
			}
			if label, got := sduOf(t, &frames[0]); label != frame.LabelOf(2, 40) || !bytes.Equal(got, sdu) {
				t.Errorf("%d octets came as %d on label %x", n, len(got), label)
			}
			if got, err := r.t.Data().WriteBatch([]nicio.TxFrame{outFrame(2, 40, frame.C|frame.E, sdu)}); got != 1 || err != nil {
				t.Fatalf("%d octets: %d, %v", n, got, err)
			}
			got := make([]byte, 8+n)
			if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, atmtcp.AppendRecord(nil, 2, 40, sdu)) {
				t.Errorf("%d octets: on the stream is something else (%v)", n, err)
			}
		}
	})
}

// TestRefusedFrames has frames that no record can carry: each has its counter.
func TestRefusedFrames(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		good := outFrame(0, 32, 0, []byte("x"))
		if n, err := r.t.Data().WriteBatch([]nicio.TxFrame{good, good}); n != 2 || err != nil {
			t.Fatalf("without a peer: %d, %v", n, err)
		}
		_ = r.connect("192.0.2.1:1000")
		noChannel := outFrame(0, 32, 0, []byte("x"))
		frame.PutHead((*[frame.HeadLen]byte)(noChannel.Head[nicio.HeaderLen:]), frame.NewEntry(frame.CellLabel), 0)
		bad := []nicio.TxFrame{
			outFrame(0, 32, frame.U, []byte("x")), outFrame(0, 32, frame.T, []byte("x")), outFrame(0, 32, 0, nil),
			{Head: good.Head[:21], Body: []byte("x")},
			{Body: []byte("x")},
			noChannel,
			outFrame(0, 32, 0, make([]byte, atmtcp.MaxSDU+1)),
		}
		if n, err := r.t.Data().WriteBatch(bad); n != len(bad) || err != nil {
			t.Fatalf("WriteBatch: %d, %v", n, err)
		}
		if s := r.t.Data().Stats(); s.TxDown != 2 || s.TxInvalid != 6 || s.TxOversize != 1 || s.TxFrames != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestBackPressure has a peer that does not read: the data port takes what its outbox holds, and the
// control port still takes its own.
func TestBackPressure(t *testing.T) {
	inBubble(t, listening, nil, func(r *rig) {
		far := r.connect("192.0.2.1:1000")
		data := r.t.Data()
		f := outFrame(0, 32, 0, make([]byte, 1000))
		var taken int
		for {
			n, err := data.WriteBatch([]nicio.TxFrame{f})
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			taken++
			synctest.Wait()
		}
		if least := carrier.DataOutbox / 1008; taken < least || taken > least+2 {
			t.Errorf("%d frames were taken", taken)
		}
		if s := data.Stats(); s.TxBusy != 1 || s.TxFrames != uint64(taken) {
			t.Errorf("%+v", s)
		}
		if n := data.Unsent(); n != taken*1022 {
			t.Errorf("%d octets are unsent, want %d", n, taken*1022)
		}
		control := outFrame(0, 5, 0, []byte("first"))
		if n, err := r.t.Control().WriteBatch([]nicio.TxFrame{control}); n != 1 || err != nil {
			t.Fatalf("control: %d, %v", n, err)
		}
		waited := make(chan error, 1)
		go func() { waited <- data.WaitWrite(-1) }()
		records, position := r.readAll(far, taken+1)
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if records != taken+1 || position > 2+33 {
			t.Errorf("%d records, the signalling's is the %d.", records, position)
		}
		synctest.Wait()
		if n := data.Unsent(); n != 0 {
			t.Errorf("%d octets are unsent", n)
		}
	})
}

// readAll takes records from the stream and returns where among them that of the control VC is.
func (r *rig) readAll(far net.Conn, want int) (n, control int) {
	r.Helper()
	var s atmtcp.Scanner
	buf := make([]byte, 4096)
	for len(s.Records) < want {
		m, err := far.Read(buf)
		if err == nil {
			err = s.Feed(buf[:m])
		}
		if err != nil {
			r.Fatal(err)
		}
	}
	for i, rec := range s.Records {
		if rec.VCI == 5 {
			control = i + 1
		}
	}
	return len(s.Records), control
}
