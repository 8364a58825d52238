package cm_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// script is a link that does what a link may do, in any order, with its
// answers on their way for any time.
type script struct {
	id    vc.LinkID
	calls map[primitive.CallID]string
	// parties are those of the point-to-multipoint calls among them.
	parties   map[primitive.CallID]map[primitive.PartyID]string
	lastParty primitive.PartyID
	pvcs      map[vc.ID]*scriptPVC
	// up are indications under way to the machine.
	up   []primitive.Indication
	next primitive.CallID
}

func (s *script) say(ind primitive.Indication) { s.up = append(s.up, ind) }

// serve takes one request. again tells whether the link answers for a call
// that it has ended.
func (s *script) serve(q primitive.Request, again bool) {
	end := func(call primitive.CallID, c ie.Cause) {
		s.endParties(call, c)
		if s.calls[call] != "" || again {
			s.say(primitive.ReleaseConf{Call: call, Cause: c})
		}
		delete(s.calls, call)
	}
	if s.servePVC(q, again) {
		return
	}
	switch q := q.(type) {
	case primitive.SetupReq:
		s.calls[q.Call] = "setup"
		if q.Params.Multipoint {
			s.parties[q.Call] = oneParty("active")
		}
	case primitive.AcceptReq:
		if s.calls[q.Call] != "" {
			s.calls[q.Call] = "accepted"
		}
	case primitive.ModifyReq:
		if s.calls[q.Call] == "active" {
			s.calls[q.Call] = "modifying"
		}
	case primitive.RejectReq:
		end(q.Call, q.Cause)
	case primitive.ReleaseReq:
		end(q.Call, q.Cause)
	default:
		s.serveParty(q)
	}
}

// act lets one call, or a new one, go on.
func (s *script) act(t *rapid.T) {
	cause := ie.Cause{Value: ie.CauseValue(rapid.IntRange(1, 127).Draw(t, "cause"))}
	calls := slices.Sorted(maps.Keys(s.calls))
	i := rapid.IntRange(0, len(calls)).Draw(t, "call")
	if i == len(calls) {
		s.next++
		call := primitive.IncomingCall | s.next
		s.calls[call] = "offered"
		if rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
			s.parties[call] = oneParty("offered")
			s.say(primitive.SetupInd{Call: call, Params: leafParams(rapid.Uint8Range(6, 9).Draw(t, "selector"))})
			return
		}
		s.say(primitive.SetupInd{Call: call, Params: incomingParams(rapid.Uint8Range(6, 9).Draw(t, "selector"))})
		return
	}
	call, end := calls[i], rapid.Bool().Draw(t, "end")
	if !end && s.actParty(t, call, cause) {
		return
	}
	if end {
		s.endParties(call, cause)
		if s.calls[call] == "setup" {
			s.say(primitive.ReleaseConf{Call: call, Cause: cause})
		} else {
			s.say(primitive.ReleaseInd{Call: call, Cause: cause, Remote: rapid.Bool().Draw(t, "remote")})
		}
		delete(s.calls, call)
		return
	}
	if rapid.IntRange(0, 3).Draw(t, "notify") == 0 {
		s.say(primitive.NotifyInd{Call: call, Info: []byte{1}})
		return
	}
	switch s.calls[call] {
	case "setup":
		if rapid.Bool().Draw(t, "progress") {
			s.say(primitive.ProgressInd{Call: call})
			return
		}
		if rapid.Bool().Draw(t, "proceeding") {
			s.say(primitive.ProceedingInd{Call: call, Alerting: rapid.Bool().Draw(t, "alerting")})
			return
		}
		s.say(primitive.ConnectInd{Call: call, Params: incomingParams(0)})
		s.calls[call] = "active"
	case "accepted":
		s.say(primitive.CompleteInd{Call: call})
		s.calls[call] = "active"
	case "active":
		if call&primitive.IncomingCall != 0 {
			s.say(primitive.ModifyInd{Call: call, Params: incomingParams(0)})
		}
	case "modifying":
		conf := primitive.ModifyConf{Call: call, Params: incomingParams(0)}
		if rapid.Bool().Draw(t, "refused") {
			conf.Cause = cause
		}
		s.say(conf)
		s.calls[call] = "active"
	}
}

// walk is the state of a random walk.
type walk struct {
	*rig
	scripts map[vc.LinkID]*script
	handles []vc.Handle
}

func (w *walk) link(t *rapid.T) *script {
	return w.scripts[rapid.SampledFrom([]vc.LinkID{labLink, otherLink, thirdLink}).Draw(t, "link")]
}

func (w *walk) client(t *rapid.T) cm.ClientID {
	return cm.ClientID(rapid.IntRange(1, 4).Draw(t, "client"))
}

// live returns a client that is there, which it makes if need be.
func (w *walk) live(t *rapid.T) cm.ClientID {
	id := w.client(t)
	if !w.clients[id] {
		w.connect(id, cm.Credentials{PID: int32(id), Admin: id == 1})
		w.ask(id, cm.OpenAF{Major: cm.MajorVersion, Minor: uint32(id) % 2 * cm.MinorVersion})
	}
	return id
}

// handle returns a handle for a client: one of its own more often than not,
// else one that was given out, or none.
func (w *walk) handle(t *rapid.T, id cm.ClientID) vc.Handle {
	rows, _ := w.m.VCs(0, 1000)
	var own []vc.Handle
	for _, r := range rows {
		if r.Cred.PID == int32(id) {
			own = append(own, r.Handle)
		}
	}
	if len(own) > 0 && rapid.IntRange(0, 4).Draw(t, "own") > 0 {
		return rapid.SampledFrom(own).Draw(t, "handle")
	}
	for _, r := range rows {
		if !slices.Contains(w.handles, r.Handle) {
			w.handles = append(w.handles, r.Handle)
		}
	}
	if len(w.handles) == 0 {
		return 1<<32 | 1
	}
	recent := w.handles[max(0, len(w.handles)-8):]
	return rapid.SampledFrom(recent).Draw(t, "handle")
}

// serveOne lets a link take one request.
func (w *walk) serveOne(s *script, again bool) bool {
	qs := w.toLink[s.id]
	if len(qs) == 0 {
		return false
	}
	w.toLink[s.id] = qs[1:]
	s.serve(qs[0], again)
	return true
}

// indicateOne lets one indication arrive.
func (w *walk) indicateOne(s *script) bool {
	if len(s.up) == 0 {
		return false
	}
	ind := s.up[0]
	s.up = s.up[1:]
	w.indicate(s.id, ind)
	return true
}

// settle lets the links come to rest.
func (w *walk) settle() {
	for busy := true; busy; {
		busy = false
		for _, s := range w.scripts {
			busy = w.serveOne(s, false) || busy
			busy = w.indicateOne(s) || busy
		}
	}
}

// check compares the machine's counts with its lists.
func (w *walk) check(t *rapid.T) {
	n := w.m.Counts()
	rows, _ := w.m.VCs(0, 1000)
	busy, calls := 0, 0
	for _, r := range rows {
		switch r.CallState {
		case vc.Proceeding, vc.Offered, vc.Accepted:
			busy++
		case vc.Idle, vc.Connected, vc.QoSPending, vc.RemoteClosed, vc.Closing:
		}
		calls += len(r.Branches)
		for _, b := range r.Branches[min(1, len(r.Branches)):] {
			if !r.Parameters.Multipoint || r.Incoming || b.Link == "" {
				t.Fatalf("%+v has branches %+v", r, r.Branches)
			}
		}
		if (r.CallState == vc.Connected) != (r.State == vc.Active) || (r.CallState == vc.QoSPending) != (r.State == vc.Reactivating) || r.CallState == vc.Idle && r.State != vc.Created {
			t.Fatalf("call %s on VC %s", r.CallState, r.State)
		}
	}
	if n.InProgress != busy || n.Calls != calls || n.VCs != len(rows) {
		t.Fatalf("counts %+v, in the list %d in progress and %d calls of %d", n, busy, calls, len(rows))
	}
	charged := n.RingBytes > 0
	w.checkPVCs(t)
	if !charged && len(w.rings) > len(rows) {
		t.Fatalf("%d rings and nothing charged", len(w.rings))
	}
}

// TestWalk walks a machine at random.
func TestWalk(t *testing.T) { rapid.Check(t, walkMachine) }

// FuzzMachine walks it by the octets of a fuzzer, which looks for ways that no walk has gone. Others
// follow, so that no walk ends for want of octets.
func FuzzMachine(f *testing.F) {
	for seed := range byte(8) {
		f.Add(randomOctets(seed, 512))
	}
	walk, others := rapid.MakeFuzz(walkMachine), randomOctets(99, 16<<10)
	f.Fuzz(func(t *testing.T, b []byte) { walk(t, append(slices.Clone(b), others...)) })
}

// randomOctets returns n octets.
func randomOctets(seed byte, n int) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{seed}).Read(b); err != nil {
		panic(err)
	}
	return b
}

// walkMachine lets several clients do anything at any time over links that do
// what links may, and looks for leaks at the end. The rig checks every effect.
func walkMachine(t *rapid.T) {
	w := &walk{rig: newRig(t), scripts: make(map[vc.LinkID]*script)}
	for _, id := range []vc.LinkID{labLink, otherLink, thirdLink} {
		w.scripts[id] = &script{
			id: id, calls: make(map[primitive.CallID]string), parties: make(map[primitive.CallID]map[primitive.PartyID]string),
			pvcs: make(map[vc.ID]*scriptPVC),
		}
	}
	actions := map[string]func(*rapid.T){
		"": w.check,
		"detach": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "sure") == 0 {
				w.detachAny(w.client(t))
			}
		},
		"link acts": func(t *rapid.T) { w.link(t).act(t) },
		"link serves": func(t *rapid.T) {
			w.serveOne(w.link(t), rapid.Bool().Draw(t, "again"))
		},
		"link indicates":      func(t *rapid.T) { w.indicateOne(w.link(t)) },
		"link indicates more": func(t *rapid.T) { w.indicateOne(w.link(t)) },
		"links rest":          func(*rapid.T) { w.settle() },
		"create":              func(t *rapid.T) { w.send(w.live(t), cm.CreateVC{}) },
		"register": func(t *rapid.T) {
			w.send(w.live(t), cm.RegisterSAP{Selector: rapid.Uint8Range(6, 9).Draw(t, "selector")})
		},
		"deregister": func(t *rapid.T) {
			if rows, _ := w.m.SAPs(0, 100); len(rows) > 0 {
				w.send(w.live(t), cm.DeregisterSAP{SAP: rapid.SampledFrom(rows).Draw(t, "sap").Handle})
			}
		},
		"call": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "memory") == 0 {
				w.openErr = errPlane
			}
			called := rapid.SampledFrom([]string{peerAddr.String(), "4700050000000000000000000000000000000000"}).Draw(t, "called")
			id := w.live(t)
			w.send(id, cm.MakeCall{VC: w.handle(t, id), Called: called})
			w.openErr = nil
		},
		"answer": func(t *rapid.T) {
			status := rapid.SampledFrom([]cm.Status{cm.Success, cm.Success, cm.Pending, cm.Failure}).Draw(t, "status")
			id := w.live(t)
			w.send(id, cm.IncomingCallComplete{VC: w.handle(t, id), Status: status})
		},
		"modify": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.ModifyCallQoS{VC: w.handle(t, id)})
		},
		"close": func(t *rapid.T) {
			linger := time.Duration(rapid.IntRange(-1, 1).Draw(t, "linger"))
			id := w.live(t)
			w.send(id, cm.CloseCall{VC: w.handle(t, id), Linger: &linger})
		},
		"alert": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.Alert{VC: w.handle(t, id)})
		},
		"notify": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.Notify{VC: w.handle(t, id), Info: []byte{1}})
		},
		"delete": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.DeleteVC{VC: w.handle(t, id)})
		},
		"ring done": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.RingDone{VC: w.handle(t, id)})
		},
		"admin close": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.AdminClose{VC: w.handle(t, id)})
		},
		"admin modify": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.AdminModify{VC: w.handle(t, id)})
		},
		"close AF":  func(t *rapid.T) { w.send(w.live(t), cm.CloseAF{}) },
		"open AF":   func(t *rapid.T) { w.send(w.live(t), cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion}) },
		"violation": func(t *rapid.T) { w.do(w.m.Violation(w.handle(t, 1), errPlane)) },
	}
	maps.Copy(actions, w.partyActions())
	maps.Copy(actions, w.pvcActions())
	maps.Copy(actions, w.modelActions())
	t.Repeat(actions)
	w.settle()
	w.noneOwed(t)
	for id := range w.clients {
		w.detachAny(id)
	}
	w.settle()
	w.leaks()
}

// detachAny detaches a client that may be gone already.
func (w *walk) detachAny(id cm.ClientID) {
	if w.clients[id] {
		w.detach(id)
	}
}

// noneOwed fails if a completion is still due when the links are at rest, but
// for calls and modifications that their links have not decided and address families whose
// clients have not closed their calls.
func (w *walk) noneOwed(t *rapid.T) {
	due := make(map[cm.ClientID]int)
	waiting := make(map[cm.ClientID]bool)
	rows, _ := w.m.VCs(0, 1000)
	for _, r := range rows {
		id := cm.ClientID(r.Cred.PID)
		if r.CallState == vc.Closing {
			t.Fatalf("%s is closing for ever", r.Handle)
		}
		switch by, ok := w.m.Modifier(r.Handle); {
		case ok:
			due[by]++
			waiting[by] = true
		case r.CallState == vc.Proceeding || r.CallState == vc.QoSPending:
			due[id]++
		}
		waiting[id] = waiting[id] || r.CallState != vc.Idle
	}
	for _, h := range w.m.PartyHandles() {
		if w.m.PartyState(h) == vc.PartyAdding {
			due[w.m.PartyOwner(h)]++
		}
	}
	for id, owed := range w.owed {
		most := due[id]
		if waiting[id] {
			most++
		}
		if len(owed) < due[id] || len(owed) > most {
			t.Fatalf("client %d is owed %d completions, want %d to %d", id, len(owed), due[id], most)
		}
	}
}
