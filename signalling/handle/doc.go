// Package handle gives out the handles by which clients name objects. A handle that has died never
// names anything again: it has the number of a slot in its lower half, from 1, and in its upper half the
// generation of what was in the slot.
//
//	 63            32 31             0
//	+----------------+----------------+
//	|   generation   |  slot + 1      |
//	+----------------+----------------+
//
// Freed slots are taken again oldest first, and retired when their generations are used up.
//
// Concurrency: a [Table] belongs to one goroutine.
//
//	var t handle.Table[object]
//	h := t.Add(object{})
//	t.Find(h).use()
//	t.Remove(h)
package handle
