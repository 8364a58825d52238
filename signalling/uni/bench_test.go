package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
)

// BenchmarkCall sets a call up between two links and releases it, all layers
// but the wire and the data plane.
func BenchmarkCall(b *testing.B) {
	w := newWorld(b, 1)
	net, usr := w.pair()
	for _, h := range w.hosts {
		h.delay, h.drainTime, h.quiesceTime = time.Microsecond, 0, 0
		h.cfg.SetupRate = 1 << 30
	}
	up(net, usr)
	b.ReportAllocs()
	for b.Loop() {
		id := usr.call(paramsTo(macA, constant))
		w.run(10 * time.Microsecond)
		offer := last[primitive.SetupInd](net)
		net.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		w.run(10 * time.Microsecond)
		usr.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
		w.run(100 * time.Millisecond)
		if _, ok := usr.inds[len(usr.inds)-1].(primitive.ReleaseConf); !ok {
			b.Fatalf("%+v", usr.inds)
		}
		for _, h := range w.hosts {
			h.inds, h.sent, h.trans, h.log = nil, nil, nil, nil
		}
		w.steps = 0
	}
}
