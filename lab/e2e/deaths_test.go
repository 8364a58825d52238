package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// victim is a client that plays a part and dies behind a certain message, sent or received.
type victim struct {
	a     *agent
	peer  *lab.Host
	lives int // messages that it lives for
	die   func()
	kept  []proto.Message // that came before their turn
}

// errDead tells that a victim has died before the end of its part.
var errDead = errors.New("the client has died")

// count counts a message, behind which the victim may have to die.
func (v *victim) count() {
	v.lives--
	if v.lives == 0 {
		v.die()
		panic(errDead)
	}
}

// send says something.
func (v *victim) send(op proto.Message) {
	v.a.send(op)
	v.count()
}

// take takes the next message.
func (v *victim) take() proto.Message {
	m, err := v.a.take()
	if err != nil {
		v.a.tb.Fatalf("a victim: %v", err)
	}
	v.count()
	return m
}

// until takes messages up to one of a type, and keeps the others.
func until[M proto.Message](v *victim) M {
	for i, m := range v.kept {
		if m, ok := m.(M); ok {
			v.kept = slices.Delete(v.kept, i, i+1)
			return m
		}
	}
	for {
		m := v.take()
		if m, ok := m.(M); ok {
			return m
		}
		v.kept = append(v.kept, m)
	}
}

// asks says something and takes the answer.
func (v *victim) asks(op proto.Message) *cmdpb.Reply {
	v.send(op)
	return until[*cmdpb.Reply](v)
}

// play plays a part to its end, or to that of the victim, which it returns as errDead.
func (v *victim) play(part func(*victim)) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	part(v)
	return nil
}

// playsCaller goes through all that a caller does: a call, its modification and end, a call with parties that come
// and go, a SAP and the end of the address family.
func playsCaller(v *victim) {
	v.asks(openAF())
	vc := v.asks(&cmdpb.CreateVC{}).GetHandle().GetHandle()
	v.asks(&cmdpb.MakeCall{Vc: vc, Parameters: rate(to(v.peer, plainSAP), 100)})
	until[*cmdpb.MakeCallComplete](v)
	v.asks(&cmdpb.Notify{Vc: vc, Indicator: []byte{0x80}})
	v.asks(&cmdpb.ModifyCallQoS{Vc: vc, Parameters: rate(&cmdpb.CallParameters{}, 200)})
	until[*cmdpb.ModifyCallQoSComplete](v)
	v.asks(&cmdpb.CloseCall{Vc: vc})
	until[*cmdpb.CloseCallComplete](v)
	v.asks(&cmdpb.RingDone{Vc: vc})
	p := to(v.peer, plainSAP)
	p.Multipoint = true
	v.asks(&cmdpb.MakeCall{Vc: vc, Parameters: p})
	first := until[*cmdpb.MakeCallComplete](v).GetParty()
	v.asks(&cmdpb.AddParty{Vc: vc, Parameters: to(v.peer, plainSAP)})
	until[*cmdpb.AddPartyComplete](v)
	v.asks(&cmdpb.DropParty{Party: first})
	until[*cmdpb.DropPartyComplete](v)
	v.asks(&cmdpb.CloseCall{Vc: vc})
	until[*cmdpb.CloseCallComplete](v)
	v.asks(&cmdpb.DeleteVC{Vc: vc})
	v.asks(&cmdpb.RegisterSAP{Selector: plainSAP})
	v.asks(&cmdpb.CloseAF{})
	until[*cmdpb.CloseAFComplete](v)
}

// playsCalled goes through all that a called client does: it takes a call, closes it, refuses one, is a leaf twice.
func playsCalled(v *victim) {
	v.asks(openAF())
	sap := v.asks(&cmdpb.RegisterSAP{Selector: plainSAP}).GetHandle().GetHandle()
	vc := until[*cmdpb.IncomingCall](v).GetVc()
	v.asks(&cmdpb.Alert{Vc: vc})
	v.asks(accept(vc))
	until[*cmdpb.CallConnected](v)
	until[*cmdpb.IncomingCallQoSChange](v)
	v.asks(&cmdpb.CloseCall{Vc: vc})
	until[*cmdpb.DeleteVCIndication](v)
	v.asks(&cmdpb.RingDone{Vc: vc})
	v.asks(refuse(until[*cmdpb.IncomingCall](v).GetVc()))
	until[*cmdpb.DeleteVCIndication](v)
	var leaves []uint64
	for range 2 {
		leaf := until[*cmdpb.IncomingCall](v).GetVc()
		v.asks(accept(leaf))
		until[*cmdpb.CallConnected](v)
		leaves = append(leaves, leaf)
	}
	for _, leaf := range leaves {
		v.asks(&cmdpb.CloseCall{Vc: leaf})
		until[*cmdpb.DeleteVCIndication](v)
	}
	v.asks(&cmdpb.DeregisterSAP{Sap: sap})
	v.asks(&cmdpb.CloseAF{})
	until[*cmdpb.CloseAFComplete](v)
}

// parts are the parts of victims, with what the client at the other end does, which must come to its end whatever the
// victim does.
var parts = map[string]struct {
	victim   func(*victim)
	survivor func(s *survivor)
}{
	"caller": {playsCaller, (*survivor).answers},
	"called": {playsCalled, (*survivor).calls},
}

// survivor is the client at the other end of a victim. It minds its own calls.
type survivor struct {
	*agent
	t    *testing.T
	peer *lab.Host
	// dead is closed when the victim has died or played its part, watches tell what is left of it.
	dead    chan struct{}
	watches []*agent
	replies map[uint64]*cmdpb.Reply
	done    map[uint64]proto.Message
	parties map[uint64]bool // true of those that have gone
	ended   map[uint64]bool // VCs whose call the other side has ended
}

// mind takes a message, and keeps in mind what it says.
func (s *survivor) mind() {
	s.t.Helper()
	m, err := s.take()
	if err != nil {
		s.t.Fatalf("the survivor: %v", err)
	}
	switch m := m.(type) {
	case *cmdpb.Reply:
		s.replies[m.GetRequest()] = m
	case *cmdpb.IncomingCall:
		s.send(accept(m.GetVc()))
	case *cmdpb.IncomingCloseCall:
		s.ended[m.GetVc()] = true
	case *cmdpb.IncomingDropParty:
		s.parties[m.GetParty()] = true
	case *cmdpb.DeleteVCIndication:
		delete(s.ended, m.GetVc())
	case interface {
		proto.Message
		GetRequest() uint64
	}:
		s.done[m.GetRequest()] = m
	}
}

// completed says something and waits for its completion, nil if it is refused.
func (s *survivor) completed(op proto.Message) proto.Message {
	s.t.Helper()
	n := s.send(op)
	for s.replies[n] == nil {
		s.mind()
	}
	if s.replies[n].GetStatus() != cmdpb.Status_PENDING {
		return nil
	}
	for s.done[n] == nil {
		s.mind()
	}
	return s.done[n]
}

// answers accepts calls and gives back those that end, until the victim has died and nothing is left of it.
func (s *survivor) answers() {
	eventually(s.t, "nothing is left of the victim's calls", func() error {
		for ready := true; ready; {
			some, err := await(0, s.agent)
			if ready = len(some) > 0 || len(s.came) > 0; err != nil {
				return err
			}
			if ready {
				s.mind()
			}
			for vc := range s.ended {
				s.send(&cmdpb.CloseCall{Vc: vc})
				delete(s.ended, vc)
			}
		}
		select {
		case <-s.dead:
		default:
			return errors.New("the victim lives")
		}
		for _, w := range s.watches {
			if h := holdingsOf(w); h["calls"] != 0 || h["VCs"] != 0 {
				return fmt.Errorf("%s has %d calls, %d VCs", w.host.Name, h["calls"], h["VCs"])
			}
		}
		return nil
	})
}

// calls makes the calls that playsCalled expects, and waits for the end of each.
func (s *survivor) calls() {
	s.t.Helper()
	s.awaitSAP()
	vc := s.create()
	s.callOn(vc, rate(to(s.peer, plainSAP), 100), func() {
		s.completed(&cmdpb.ModifyCallQoS{Vc: vc, Parameters: rate(&cmdpb.CallParameters{}, 200)})
	})
	s.callOn(vc, to(s.peer, plainSAP), func() {})
	p := to(s.peer, plainSAP)
	p.Multipoint = true
	s.callOn(vc, p, func() {
		s.completed(&cmdpb.AddParty{Vc: vc, Parameters: to(s.peer, plainSAP)})
	})
	s.must(cmdpb.Status_SUCCESS, &cmdpb.DeleteVC{Vc: vc})
}

// callOn makes a call, does something with it and waits for the other side to end it.
func (s *survivor) callOn(vc uint64, p *cmdpb.CallParameters, then func()) {
	s.t.Helper()
	made, _ := s.completed(&cmdpb.MakeCall{Vc: vc, Parameters: p}).(*cmdpb.MakeCallComplete)
	if made == nil {
		s.t.Fatalf("MakeCall: %v", s.replies[s.last])
	}
	if made.GetStatus() == cmdpb.Status_SUCCESS {
		then()
		for !s.ended[vc] {
			s.mind()
		}
		delete(s.ended, vc)
		for p := range s.parties { // all of them have gone, the last with the call
			s.completed(&cmdpb.DropParty{Party: p})
		}
		clear(s.parties)
		if s.completed(&cmdpb.CloseCall{Vc: vc}) == nil {
			s.t.Fatalf("CloseCall: %v", s.replies[s.last])
		}
	}
	n := s.send(&cmdpb.RingDone{Vc: vc})
	for s.replies[n] == nil {
		s.mind()
	}
}

// awaitSAP waits until the victim has registered its SAP, or has died.
func (s *survivor) awaitSAP() {
	s.t.Helper()
	eventually(s.t, "the victim has a SAP", func() error {
		select {
		case <-s.dead:
			return nil
		default:
		}
		if h := holdingsOf(s.watches[1]); h["SAPs"] == 0 {
			return errors.New("not yet")
		}
		return nil
	})
}

// TestDeaths ends a client behind each message of its part in turn: its socket is closed, or its process killed. The
// client at the other end gets all that it is owed, and the daemons hold nothing afterwards.
func TestDeaths(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	for name, part := range parts {
		for how, kill := range map[string]func(*testing.T, string, *lab.Host, *lab.Host, int) func() error{
			"its socket is closed": closes, "its process is killed": kills,
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				const endless = 200
				check := residue(t, alice, bob)
				for n := 1; ; n++ {
					if n == endless {
						t.Fatal("no part is that long")
					}
					near, far := alice, bob
					if name == "called" {
						near, far = bob, alice
					}
					s := newSurvivor(t, far, near)
					played := kill(t, name, near, far, n)
					over := make(chan error, 1)
					go func() {
						over <- played()
						close(s.dead)
					}()
					part.survivor(s)
					s.leave()
					check()
					if err := <-over; err == nil {
						t.Logf("%d messages", n-1)
						return
					} else if !errors.Is(err, errDead) {
						t.Fatalf("message %d: %v", n, err)
					}
				}
			})
		}
	}
}

// newSurvivor connects the client at the other end.
func newSurvivor(t *testing.T, h, peer *lab.Host) *survivor {
	t.Helper()
	s := &survivor{
		agent: newAgent(t, h), t: t, peer: peer, dead: make(chan struct{}), watches: []*agent{newAgent(t, h), newAgent(t, peer)},
		replies: make(map[uint64]*cmdpb.Reply), done: make(map[uint64]proto.Message), parties: make(map[uint64]bool), ended: make(map[uint64]bool),
	}
	t.Cleanup(s.leave)
	s.must(cmdpb.Status_SUCCESS, openAF())
	s.must(cmdpb.Status_SUCCESS, &cmdpb.RegisterSAP{Selector: plainSAP})
	return s
}

// leave ends the survivor's connections.
func (s *survivor) leave() {
	for _, a := range append(s.watches, s.agent) {
		a.close()
	}
}

// closes begins a part in this process, whose client's socket is closed behind message n. The function that it returns
// waits for that, and returns errDead, or nil if the part has come to its end before.
func closes(t *testing.T, part string, h, peer *lab.Host, n int) (played func() error) {
	t.Helper()
	a := newAgent(panicTB{}, h)
	v := &victim{a: a, peer: peer, lives: n, die: a.close}
	out := make(chan error, 1)
	go func() { out <- v.play(parts[part].victim) }()
	return func() error {
		defer a.close()
		return <-out
	}
}

// kills does the same with a process that kills itself.
func kills(t *testing.T, part string, h, peer *lab.Host, n int) (played func() error) {
	t.Helper()
	p := launch(t, nil, actor(t, "victim",
		socketEnv+"="+h.Socket(), destEnv+"="+peer.Address, callsEnv+"="+strconv.Itoa(n), partEnv+"="+part))
	return func() error {
		<-p.done // at the latest when what it waits for does not come
		switch {
		case p.code < 0:
			return errDead
		case p.code > 0:
			return fmt.Errorf("exit code %d: %s", p.code, p.err.String())
		}
		return nil
	}
}

// partEnv names the part of a victim.
const partEnv = "E2E_PART"

// playVictim is the process of kills.
func playVictim(context.Context) error {
	n, err := strconv.Atoi(os.Getenv(callsEnv))
	if err != nil {
		return err
	}
	h := &lab.Host{Dir: filepath.Dir(os.Getenv(socketEnv))}
	v := &victim{a: newAgent(panicTB{}, h), peer: &lab.Host{Address: os.Getenv(destEnv)}, lives: n, die: func() {
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
		select {} // until it is
	}}
	return v.play(parts[os.Getenv(partEnv)].victim)
}

// panicTB is the test of an agent that is no test's: it ends the process.
type panicTB struct{ rapid.TB }

func (panicTB) Helper() {}
func (panicTB) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
