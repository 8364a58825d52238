package uni

import (
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// negotiate reserves what a contract needs, or else what its fallback allows and
// there is room for, with at least keep ([params.Room.Negotiate]).
func (l *Link) negotiate(c *call, asked vc.Contract, f vc.Fallback, keep vc.Reservation) (vc.Contract, vc.Fallback, reason) {
	room := params.Room{Capacity: &l.capacity, Reserved: &c.reserved, Out: c.out}
	got, open, err := room.Negotiate(asked, f, keep)
	if err != nil {
		return got, open, l.refuseFor(err)
	}
	return got, open, reason{}
}

// countLink adds the link to the quality of service of a call, and reports what
// cannot be met.
func (l *Link) countLink(q *vc.QoS) reason {
	var way vc.Way
	if l.side == q2931.Network {
		way = l.cfg.Way
	}
	q.Add(way)
	if exceeded := q.Exceeded(way); exceeded != "" {
		return l.refuse(ie.CauseQoSUnavailable, exceeded)
	}
	return reason{}
}
