package aged_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath/aged"
)

// TestModel compares a set with a list through any row of steps.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 6).Draw(t, "most")
		s := aged.New[int](most)
		var list []*aged.Item[int]
		now, serial := int64(0), 0
		made := map[*aged.Item[int]]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now += int64(rapid.IntRange(0, 3).Draw(t, "time"))
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				if s.Full() {
					continue
				}
				serial++
				x := s.Add(now)
				x.Value = serial
				made[x] = true
				list = append(list, x)
			case 1:
				if len(list) > 0 {
					i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
					s.Remove(list[i])
					list = slices.Delete(list, i, i+1)
				}
			case 2:
				by := now - int64(rapid.IntRange(0, 5).Draw(t, "age"))
				for x := s.Expired(by); x != nil; x = s.Expired(by) {
					if x != list[0] {
						t.Fatalf("item %d expires before item %d", x.Value, list[0].Value)
					}
					s.Remove(x)
					list = list[1:]
				}
				if len(list) > 0 && list[0].Since() <= by {
					t.Fatalf("item %d of time %d is left at %d", list[0].Value, list[0].Since(), by)
				}
			}
			var oldest *aged.Item[int]
			if len(list) > 0 {
				oldest = list[0]
			}
			if s.Len() != len(list) || s.Full() != (len(list) == most) || s.Oldest() != oldest || !slices.Equal(slices.Collect(s.All()), list) || len(made) > most {
				t.Fatalf("%d items, full %v, want %d of %d; %d were made", s.Len(), s.Full(), len(list), most, len(made))
			}
		}
	})
}

// TestFull wants a panic for one item too many.
func TestFull(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a full set takes another item")
		}
	}()
	s := aged.New[int](1)
	s.Add(0)
	s.Add(0)
}

func TestNoAllocs(t *testing.T) {
	s := aged.New[[64]byte](2)
	s.Remove(s.Add(0))
	if n := testing.AllocsPerRun(100, func() { s.Remove(s.Add(1)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
