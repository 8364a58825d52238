package carrier_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"callmanager/datapath/carrier"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// maxSDU is the largest SDU of the tests' links.
const maxSDU = 9000

// encode makes a piece of each octet of a frame's body. A body of '!' is one that the peer could not be
// told of.
func encode(b []byte, f *nicio.TxFrame, room int) ([]byte, carrier.Load, carrier.Fate) {
	n := len(f.Body)
	switch {
	case string(f.Body) == "!":
		return b, carrier.Load{}, carrier.Invalid
	case n > maxSDU:
		return b, carrier.Load{}, carrier.Oversize
	case n > room:
		return b, carrier.Load{}, carrier.Full
	}
	return append(b, f.Body...), load(n), carrier.Accepted
}

func load(n int) carrier.Load { return carrier.Load{Pieces: n, Octets: 10 * n} }

// A rig is a link whose peer is the test, in a bubble of synctest.
type rig struct {
	*testing.T
	*carrier.Link
	engine  carrier.EngineSide
	changes int
	runs    atomic.Int32
}

// inBubble runs a test with a link that is not started, and closes it.
func inBubble(t *testing.T, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t}
		r.Link = carrier.New(carrier.Config{
			Name: "pigeon", MaxSDU: maxSDU, Reason: "asleep", Encode: encode,
			Run: func() { r.runs.Add(1); <-r.Context().Done() },
		})
		r.engine = r.EngineSide()
		test(r)
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	})
}

// start starts the link and lets it have its peer.
func (r *rig) start() {
	r.engine.Start(func() { r.changes++ })
	r.Up()
}

// deliver has an SDU come to the data port.
func (r *rig) deliver(sdu string) {
	r.Data.Deliver(frame.NewEntry(frame.LabelOf(0, 32)), 0, []byte(sdu))
	r.Data.Readable.Set()
}

// write offers frames of bodies to the data port and wants so many to be dealt with.
func (r *rig) write(want int, bodies ...string) {
	r.Helper()
	var frames []nicio.TxFrame
	for _, b := range bodies {
		frames = append(frames, nicio.TxFrame{Head: make([]byte, carrier.FrameLen), Body: []byte(b)})
	}
	if n, err := r.engine.Data().WriteBatch(frames); n != want || err != nil {
		r.Errorf("WriteBatch of %d: %d, %v, want %d", len(frames), n, err, want)
	}
}

// batch makes memory for frames of an SDU's size.
func batch(n, sdu int) []nicio.RxFrame {
	b := make([]nicio.RxFrame, n)
	for i := range b {
		b[i].Buf = make([]byte, carrier.FrameLen+sdu)
	}
	return b
}

func octets(n int) string { return strings.Repeat("x", n) }
