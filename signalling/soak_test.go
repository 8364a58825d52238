package signalling_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
)

// soak is two hosts to which everything happens.
type soak struct {
	*net
	rng     *rand.Rand
	clients map[*sim.Host][]*sim.Client
}

// host returns one of the hosts.
func (s *soak) some() *sim.Host { return []*sim.Host{s.a, s.b}[s.rng.IntN(2)] }

// listen attaches a client that accepts calls, as do few of its kind: most find
// the SAP in use and wait for nothing.
func (s *soak) listen(h *sim.Host) {
	c := h.NewClient("callee", accepting)
	c.Do(cm.RegisterSAP{Request: c.Number(), AnySelector: true})
	s.clients[h] = append(s.clients[h], c)
}

// restart crashes a host and starts it anew. Its clients are gone with it.
func (s *soak) restart() {
	if s.rng.IntN(2) == 0 {
		s.crash(s.a)
		s.a = s.host("a", macA, macB, s.wire.A())
		s.listen(s.a)
		return
	}
	s.crash(s.b)
	s.b = s.host("b", macB, macA, s.wire.B())
	s.listen(s.b)
}

func (s *soak) crash(h *sim.Host) {
	if err := h.Crash(); err != nil {
		s.t.Error(err)
	}
	delete(s.clients, h)
}

// step lets one thing happen.
func (s *soak) step() {
	h := s.some()
	switch s.rng.IntN(20) {
	case 0:
		s.restart()
	case 1:
		s.wire.Cut(true)
	case 2, 3, 4:
		s.wire.Cut(false)
	case 5:
		h.SetPort(false)
	case 6, 7, 8:
		s.a.SetPort(true)
		s.b.SetPort(true)
	case 9, 10:
		if cs := s.clients[h]; len(cs) > 0 {
			i := s.rng.IntN(len(cs))
			cs[i].Kill()
			s.clients[h] = slices.Delete(cs, i, i+1)
		}
		s.listen(h)
	case 11:
		rows, _, err := h.VCs(s.t.Context(), "", 0)
		if err == nil && len(rows) > 0 {
			h.Violation(rows[s.rng.IntN(len(rows))].Handle, errors.New("soaked"))
		}
	default:
		c := h.NewClient("caller", callAndClose(s.rng.IntN(3)))
		c.Do(cm.CreateVC{Request: 1 << 20})
		s.clients[h] = append(s.clients[h], c)
	}
}

// TestSoak lets crashes, cuts, flaps, deaths, broken rings and calls happen at
// random, heals what is broken, and wants both sides in agreement and empty.
func TestSoak(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNet(t, 5*time.Millisecond, 0.05, sim.Options{Drain: 20 * time.Millisecond, Store: &sqStore{}})
				defer n.close()
				s := &soak{net: n, rng: seeded(seed), clients: make(map[*sim.Host][]*sim.Client)}
				for range 300 {
					s.step()
					time.Sleep(time.Duration(s.rng.IntN(1500)) * time.Millisecond)
				}
				n.wire.Cut(false)
				n.a.SetPort(true)
				n.b.SetPort(true)
				n.awaitUp(n.a)
				n.awaitUp(n.b)
				for _, h := range []*sim.Host{n.a, n.b} {
					for _, c := range s.clients[h] {
						c.Kill()
					}
				}
				n.empty()
				n.up() // and it works as ever
			})
		})
	}
}
