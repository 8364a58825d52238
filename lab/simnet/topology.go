package simnet

import (
	"fmt"
	"math/rand/v2"

	"callmanager/vc"
)

// build draws the hosts and their links: a pair, a chain, a ring, a star or a
// tree of 2 to 16 hosts.
func (w *World) build() {
	n := drawHosts(w.rng)
	tags := w.rng.Perm(200)
	for i := range n {
		w.hosts = append(w.hosts, &host{w: w, index: i, name: string(rune('a' + i)), tag: byte(tags[i])})
	}
	shape := w.rng.IntN(4)
	for i := 1; i < n; i++ {
		switch shape {
		case 0: // a chain
			w.join(i-1, i)
		case 1: // a star
			w.join(0, i)
		case 2: // a tree
			w.join(w.rng.IntN(i), i)
		case 3: // a ring
			w.join(i-1, i)
		}
	}
	if shape == 3 && n > 2 {
		w.join(n-1, 0)
	}
}

// drawHosts draws how many hosts there are; most networks are small.
func drawHosts(r *rand.Rand) int {
	switch n := r.IntN(20); {
	case n < 9:
		return 2
	case n < 16:
		return 3 + r.IntN(3)
	case n < 19:
		return 6 + r.IntN(4)
	}
	return 10 + r.IntN(7)
}

// join makes a link between two hosts. The MACs decide which end is the
// network side.
func (w *World) join(i, j int) {
	y := &wire{index: len(w.wires)}
	for k, h := range []*host{w.hosts[i], w.hosts[j]} {
		y.ends[k] = &port{
			h: h, id: vc.LinkID(len(h.ports) + 1), wire: y, side: k, up: true,
			mac: vc.MAC{2, h.tag, 0, 0, byte(y.index), byte(k)},
		}
		h.ports = append(h.ports, y.ends[k])
	}
	for k, p := range y.ends {
		p.peer = y.ends[1-k]
		p.name = fmt.Sprintf("%s-%s", p.h.name, p.peer.h.name)
		y.ways[k] = &way{w: w, from: p, to: p.peer, rng: newRand(w.cfg.Seed, uint64(2*y.index+k)<<8|3)}
	}
	y.calls.w = w
	w.wires = append(w.wires, y)
}
