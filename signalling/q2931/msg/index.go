package msg

import "callmanager/signalling/q2931/ie"

// byType finds the row of a message type. anyRow stands for the types that have none: their
// elements are read as they come, none is mandatory.
var (
	byType = index(table[:])
	anyRow = generic()
)

// rowOf returns the row of a message type under a profile; known is false where it is anyRow.
func rowOf(t Type, p Profile) (r *row, known bool) {
	if r = byType[t]; r != nil && r.profiles.has(p) {
		return r, true
	}
	return anyRow, false
}

// index checks the table and fills the rows' own indexes. A broken table stops the program at its
// start.
func index(rows []row) (t [256]*row) {
	for i := range rows {
		r := &rows[i]
		if t[r.typ] != nil || r.name == "" || r.profiles == 0 {
			panic("msg: broken table row " + r.name)
		}
		r.fill()
		t[r.typ] = r
	}
	return t
}

// fill makes the index of a row's slots and checks that each element is known, has a field in
// Message that holds as many copies, and stands once.
func (r *row) fill() {
	for i, s := range r.slots {
		f := &fields[s.id]
		switch {
		case ie.Lookup(s.id) == nil, r.at[s.id] != 0, s.copies == 0, s.profiles == 0:
			panic("msg: broken table slot " + s.id.String() + " of " + r.name)
		case s.id != ie.IDRepeat && (f.parse == nil || s.copies > 1 && !f.list):
			panic("msg: no field for " + s.id.String() + " of " + r.name)
		}
		r.at[s.id] = uint8(i + 1)
	}
}

// generic makes the row of the unknown message types: every element that has a field.
func generic() *row {
	r := &row{name: "unknown", profiles: since31}
	for id := range fields {
		if f := &fields[id]; f.parse != nil {
			s := slot{id: ie.ID(id), copies: 1, profiles: since31}
			if f.list {
				s.copies = 255
			}
			if ie.ID(id) == ie.IDBLLI {
				r.slots = append(r.slots, slot{id: ie.IDRepeat, copies: 1, profiles: since31})
			}
			r.slots = append(r.slots, s)
		}
	}
	r.fill()
	return r
}
