package cm_test

import (
	"cmp"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// scriptPVC is what a scripted link has of a PVC.
type scriptPVC struct {
	up, deleting bool
	use          primitive.CallID // 0 for none
}

// servePVC takes a request that concerns a PVC. no has the link refuse what it may refuse.
func (s *script) servePVC(q primitive.Request, no bool) bool {
	switch q := q.(type) {
	case primitive.AddPVCReq:
		if no && !q.Keep {
			s.say(primitive.PVCGoneInd{ID: q.ID, Cause: ie.Cause{Value: ie.CauseCellRateUnavailable}})
			return true
		}
		s.pvcs[q.ID] = &scriptPVC{up: !no}
		s.tellPVC(q.ID)
	case primitive.DeletePVCReq:
		s.pvcs[q.ID].deleting = true
		s.forgetPVC(q.ID)
	case primitive.OpenPVCReq:
		p := s.pvcs[q.ID]
		switch {
		case p == nil || p.deleting || p.use != 0 || !p.up || no:
			s.say(primitive.ReleaseConf{Call: q.Call, Cause: ie.Cause{Value: ie.CauseVPCIVCIUnavailable}})
		case q.Offered:
			p.use = q.Call
			s.say(primitive.CompleteInd{Call: q.Call})
		default:
			p.use = q.Call
			s.say(primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
		}
	case primitive.RejectReq:
		return s.endPVC(q.Call, q.Cause)
	case primitive.ReleaseReq:
		return s.endPVC(q.Call, q.Cause)
	default:
		return false
	}
	return true
}

// endPVC ends the use of a PVC, or one that has not begun.
func (s *script) endPVC(call primitive.CallID, c ie.Cause) bool {
	if !call.Permanent() {
		return false
	}
	s.say(primitive.ReleaseConf{Call: call, Cause: c})
	for id, p := range s.pvcs {
		if p.use == call {
			p.use = 0
			s.forgetPVC(id)
		}
	}
	return true
}

// forgetPVC ends a PVC that is to be deleted and has no use.
func (s *script) forgetPVC(id vc.ID) {
	if p := s.pvcs[id]; p.deleting && p.use == 0 {
		delete(s.pvcs, id)
		s.say(primitive.PVCGoneInd{ID: id})
	}
}

// tellPVC says what the link makes of a PVC.
func (s *script) tellPVC(id vc.ID) {
	ind := primitive.PVCInd{ID: id, Up: s.pvcs[id].up, Contract: pvcContract()}
	if !ind.Up {
		ind.Cause, ind.Detail = ie.Cause{Value: ie.CauseDestinationOutOfOrder}, "no carrier"
	}
	s.say(ind)
}

// actPVC lets the port of a PVC go down or come up, or the link give its use up.
func (s *script) actPVC(t *rapid.T) {
	ids := slices.SortedFunc(maps.Keys(s.pvcs), func(a, b vc.ID) int { return cmp.Compare(a.VCI, b.VCI) })
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(t, "pvc")
	p := s.pvcs[id]
	if p.use != 0 && rapid.IntRange(0, 3).Draw(t, "abort") == 0 {
		s.say(primitive.ReleaseInd{Call: p.use, Cause: ie.Cause{Value: ie.CauseNetworkOutOfOrder}})
		p.use = 0
		s.forgetPVC(id)
		return
	}
	p.up = !p.up
	s.tellPVC(id)
}

// pvcActions are what operators and clients do with PVCs.
func (w *walk) pvcActions() map[string]func(*rapid.T) {
	vci := func(t *rapid.T) vc.VCI { return vc.VCI(rapid.IntRange(100, 103).Draw(t, "vci")) }
	return map[string]func(*rapid.T){
		"PVC link acts": func(t *rapid.T) { w.link(t).actPVC(t) },
		"PVC add": func(t *rapid.T) {
			add := cm.AddPVC{PVC: cm.PVC{
				Link: rapid.SampledFrom([]string{"lab", "other"}).Draw(t, "on"), VCI: vci(t), Contract: pvcContract(),
				Offered: rapid.Bool().Draw(t, "offered"), Selector: rapid.Uint8Range(6, 9).Draw(t, "selector"),
			}}
			if rapid.Bool().Draw(t, "destination") {
				add.Called = peerAddr.String()
			}
			w.send(w.live(t), add)
		},
		"PVC delete": func(t *rapid.T) {
			w.send(w.live(t), cm.DeletePVC{Channel: cm.Channel{VCI: vci(t)}})
		},
		"PVC call": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "memory") == 0 {
				w.openErr = errPlane
			}
			id := w.live(t)
			call := cm.MakeCall{VC: w.handle(t, id), Permanent: true, Called: peerAddr.String()}
			if rapid.Bool().Draw(t, "new VC") {
				call.VC = 0
			}
			if rapid.Bool().Draw(t, "by channel") {
				call.Called, call.Channel = "", &cm.Channel{VCI: vci(t)}
			}
			w.send(id, call)
			w.openErr = nil
		},
	}
}

// checkPVCs compares the list of PVCs with that of VCs: one use of each at a time.
func (w *walk) checkPVCs(t *rapid.T) {
	pvcs, _ := w.m.PVCs(0, 1000)
	users := make(map[vc.Handle]vc.ID)
	for _, p := range pvcs {
		if p.VC != 0 {
			users[p.VC] = p.ID
		}
	}
	rows, _ := w.m.VCs(0, 1000)
	for _, r := range rows {
		id, ok := users[r.Handle]
		if uses := r.Link != "" && r.Parameters.Permanent; uses != ok || ok && id != r.ID {
			t.Fatalf("VC %+v, and the PVC of it is %v (%v)", r, id, ok)
		}
		delete(users, r.Handle)
	}
	if len(users) > 0 {
		t.Fatalf("VCs that are gone have PVCs: %v", users)
	}
}
