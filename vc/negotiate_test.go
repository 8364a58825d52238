package vc_test

import (
	"testing"

	"pgregory.net/rapid"

	"callmanager/vc"
)

// TestFallbackValidate: what a fallback may not be.
func TestFallbackValidate(t *testing.T) {
	cbr := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 50}, Backward: vc.Flow{PCR: 200, MaxSDU: 60}}
	ubr := cbr
	ubr.Category = vc.UBR
	oneWay := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100}}
	rates := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 500}, Backward: vc.Flow{PCR: 1}}
	for name, row := range map[string]struct {
		c  vc.Contract
		f  vc.Fallback
		ok bool
	}{
		"none":                    {cbr, vc.Fallback{}, true},
		"minimum":                 {cbr, vc.Fallback{Minimum: vc.PeakRates{Forward: 1}}, true},
		"minimum that is all":     {cbr, vc.Fallback{Minimum: vc.PeakRates{Forward: 100, Backward: 200}}, true},
		"minimum above":           {cbr, vc.Fallback{Minimum: vc.PeakRates{Backward: 201}}, false},
		"minimum of nothing":      {vc.Contract{Category: vc.CBR, Forward: cbr.Forward}, vc.Fallback{Minimum: vc.PeakRates{Backward: 1}}, false},
		"minimum of best effort":  {ubr, vc.Fallback{Minimum: vc.PeakRates{Forward: 1}}, false},
		"alternative":             {cbr, vc.Fallback{Alternative: rates}, true},
		"alternative of another":  {ubr, vc.Fallback{Alternative: rates}, false},
		"alternative of one way":  {cbr, vc.Fallback{Alternative: oneWay}, false},
		"alternative that is bad": {cbr, vc.Fallback{Alternative: vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 1, SCR: 1}, Backward: vc.Flow{PCR: 1}}}, false},
		"both":                    {cbr, vc.Fallback{Minimum: vc.PeakRates{Forward: 1}, Alternative: rates}, false},
	} {
		if err := row.f.Validate(&row.c); (err == nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFallbackAccepts: the contract itself, what is between it and the minimum, and
// the alternative, whatever the sizes.
func TestFallbackAccepts(t *testing.T) {
	vbr := vc.Contract{
		Category: vc.NRTVBR,
		Forward:  vc.Flow{PCR: 100, SCR: 50, MBS: 5, MaxSDU: 50}, Backward: vc.Flow{PCR: 200, SCR: 10, MBS: 5, MaxSDU: 60},
	}
	with := func(forward, backward vc.CellRate) vc.Contract {
		c := vbr
		c.Forward.PCR, c.Backward.PCR, c.Forward.MaxSDU = forward, backward, 9
		return c
	}
	other := with(120, 20)
	other.Forward.SCR = 60
	minimum := vc.Fallback{Minimum: vc.PeakRates{Forward: 20}}
	alternative := vc.Fallback{Alternative: other}
	for name, row := range map[string]struct {
		f    vc.Fallback
		got  vc.Contract
		want bool
	}{
		"the contract":          {vc.Fallback{}, with(100, 200), true},
		"less":                  {vc.Fallback{}, with(99, 200), false},
		"down to the SCR":       {minimum, with(50, 200), true},
		"below the SCR":         {minimum, with(49, 200), false},
		"more":                  {minimum, with(101, 200), false},
		"another direction":     {minimum, with(100, 199), false},
		"the alternative":       {alternative, other, true},
		"half the alternative":  {alternative, with(120, 20), false},
		"beside an alternative": {alternative, with(90, 200), false},
	} {
		if got := row.f.Accepts(&vbr, &row.got); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestFit: what fits is the most that does, is within the contract and its floor,
// and is accepted by its fallback.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Uint32Range(1, 1<<24-1)
		category := rapid.SampledFrom([]vc.Category{vc.CBR, vc.RTVBR, vc.NRTVBR}).Draw(t, "category")
		flow := func(name string) vc.Flow {
			size := rapid.Uint16Range(1, 65535).Draw(t, name+" SDU")
			f := vc.Flow{PCR: vc.CellRate(rate.Draw(t, name)), MaxSDU: size, MinPoliced: rapid.Uint16Range(0, size).Draw(t, name+" policed")}
			if category != vc.CBR {
				f.SCR = vc.CellRate(rapid.Uint32Range(1, uint32(f.PCR)).Draw(t, name+" SCR"))
				f.MBS = rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(t, name+" MBS")
			}
			return f
		}
		c := vc.Contract{Category: category, Forward: flow("forward"), Backward: flow("backward")}
		f := vc.Fallback{Minimum: vc.PeakRates{
			Forward:  vc.CellRate(rapid.Uint32Range(0, uint32(c.Forward.PCR)).Draw(t, "least forward")),
			Backward: vc.CellRate(rapid.Uint32Range(0, uint32(c.Backward.PCR)).Draw(t, "least backward")),
		}}
		calling := rapid.Bool().Draw(t, "calling")
		most := c.Reservation(calling)
		room := vc.Reservation{
			Send:    vc.BitRate(rapid.Uint64Range(0, uint64(most.Send)*2).Draw(t, "send")),
			Receive: vc.BitRate(rapid.Uint64Range(0, uint64(most.Receive)*2).Draw(t, "receive")),
		}
		floor := f.Floor(&c)
		got, ok := inFrames.Fit(&c, room, calling, &floor)
		cost := got.Reservation(calling)
		if cost.Send > room.Send || cost.Receive > room.Receive {
			t.Fatalf("%+v costs %+v of %+v", got, cost, room)
		}
		if ok != f.Accepts(&c, &got) {
			t.Fatalf("fits %v, accepted %v", ok, !ok)
		}
		for _, more := range []struct{ got, all *vc.Flow }{{&got.Forward, &c.Forward}, {&got.Backward, &c.Backward}} {
			next := *more.got
			next.PCR++
			if more.got.PCR < more.all.PCR && inFrames.Cost(&next, category) <= room.Send && inFrames.Cost(&next, category) <= room.Receive {
				t.Fatalf("%+v would fit %+v", next, room)
			}
		}
	})
}

// TestRoom: a call may have what is free and what it has.
func TestRoom(t *testing.T) {
	var c vc.Capacity
	if got := c.Room(vc.Reservation{}); got != (vc.Reservation{}) {
		t.Errorf("without a capacity: %+v", got)
	}
	c.SetTotal(100)
	had := vc.Reservation{Send: 30, Receive: 40}
	if err := c.Reserve(had); err != nil {
		t.Fatal(err)
	}
	if err := c.Reserve(vc.Reservation{Send: 20}); err != nil {
		t.Fatal(err)
	}
	if got := c.Room(had); got != (vc.Reservation{Send: 80, Receive: 100}) {
		t.Errorf("room %+v", got)
	}
	c.SetTotal(10) // less than is reserved: what a call has it keeps
	if got := c.Room(had); got != had {
		t.Errorf("room %+v", got)
	}
	if got := c.Room(vc.Reservation{}); got != (vc.Reservation{}) {
		t.Errorf("room %+v", got)
	}
}
