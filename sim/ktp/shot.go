package ktp

import (
	"math"
	"math/rand/v2"
)

// Shot is how a photograph is taken. Lengths are pixels of the upright picture;
// blurs are in pixels of a picture in which the card is 1000 wide.
type Shot struct {
	Width, Height int
	Corners       [4]Point // of the card, from its own top left clockwise; may lie outside
	CardWidth     float64  // mean of its upper and lower edge
	Ground        Ground   // what it lies on
	Light         float64  // 1: a well-lit table
	Slope         float64  // share of the light lost from one side to the other
	SlopeTo       float64  // direction of that, radians
	Warmth        float64  // -1 blue … 1 yellow
	Blur          float64  // sigma
	Motion        float64  // length of the path of a moved phone
	MotionTo      float64
	Noise         float64 // sigma, of 255
	Glare         float64 // radius of the mirrored lamp in card widths; 0: none
	GlareAt       Point   // in card widths and card heights
	Copied        bool
	CopyTint      [3]float64 // colour of the copy's paper
	ScreenPitch   float64    // pixels of the photograph per pixel of the display; 0: no display
	Orientation   int        // EXIF, 1 to 8
	Quality       int        // JPEG
	Seed          uint64
}

// Ground is a kind of table.
type Ground string

const (
	Plain  Ground = "plain"
	Wood   Ground = "wood"
	Cloth  Ground = "cloth"
	Tiles  Ground = "tiles"
	Papers Ground = "papers"
	Pale   Ground = "pale" // nearly as light as the card
)

var grounds = []Ground{Plain, Wood, Cloth, Tiles, Papers, Pale}

// sizes of pictures: two megapixels mostly, as what a phone sends after shrinking.
var sizes = [][2]int{{1600, 1200}, {1600, 1200}, {1600, 1200}, {1632, 1224}, {1920, 1080}, {1600, 1200}, {2048, 1536}, {2592, 1944}, {1600, 1200}, {4000, 3000}}

// shotOf chooses how a photograph of the class is taken. All that the class does
// not name is as in a good one.
func shotOf(class Class, r *rand.Rand) Shot {
	s := goodShot(class, r)
	switch class {
	case Blur:
		if r.IntN(4) == 0 {
			s.Motion, s.MotionTo = between(r, 9, 20), between(r, 0, math.Pi)
		} else {
			s.Blur = between(r, 2, 5)
		}
	case Copy:
		s.Copied = true
		white := between(r, 0.86, 1)
		s.CopyTint = [3]float64{white, white * between(r, 0.93, 1.03), white * between(r, 0.84, 1.06)}
	case Screen:
		s.ScreenPitch = between(r, 1.9, 5)
		s.Light = between(r, 0.8, 1)
	case Glare:
		s.Glare = between(r, 0.10, 0.22)
		s.GlareAt = Point{between(r, 0.15, 0.62), between(r, 0.2, 0.8)}
	case Dark:
		s.Light = between(r, 0.12, 0.36)
		s.Noise = between(r, 2, 7)
	}
	return s
}

func goodShot(class Class, r *rand.Rand) Shot {
	size := oneOf(r, sizes)
	if class != Good && size[0] > 2600 {
		size = sizes[0]
	}
	s := Shot{Width: size[0], Height: size[1], Ground: oneOf(r, grounds), Light: between(r, 0.72, 0.98),
		Slope: between(r, 0, 0.25), SlopeTo: between(r, 0, 2*math.Pi), Warmth: between(r, -0.6, 1),
		Blur: between(r, 0.2, 0.8), Noise: between(r, 0.5, 4), Orientation: 1, Quality: 72 + r.IntN(21), Seed: r.Uint64()}
	if r.IntN(3) == 0 {
		s.Width, s.Height = s.Height, s.Width
	}
	if r.IntN(5) == 0 {
		s.Orientation = 2 + r.IntN(7)
	}
	s.place(class, r)
	return s
}

// place puts the card before the lens until it lies as the class wants it.
func (s *Shot) place(class Class, r *rand.Rand) {
	for range 10_000 {
		fill := between(r, 0.55, 0.93)
		if class == Small {
			fill = between(r, 0.13, 0.26)
		}
		at := Point{between(r, 0.3, 0.7), between(r, 0.3, 0.7)}
		if class == Cropped {
			at = Point{between(r, 0, 1), between(r, 0, 1)}
		}
		turn := between(r, -0.2, 0.2)
		if r.IntN(4) == 0 {
			turn += float64(1+r.IntN(3)) * math.Pi / 2
		}
		s.pose(fill, at, turn, between(r, -0.26, 0.26), between(r, -0.26, 0.26))
		if s.placed(class) {
			return
		}
	}
	panic("ktp: no place for the card")
}

func (s *Shot) placed(class Class) bool {
	out := s.overshoot()
	switch class {
	case Cropped:
		return out > 0.05 && out < 0.30 && s.CardWidth > 600
	case Small:
		return out < -0.05 && s.CardWidth > 190 && s.CardWidth < 440
	default:
		return out < -0.012 && s.CardWidth > 590
	}
}

// overshoot is by how much the corner that lies outermost is outside the
// picture, in card widths; negative when all are inside.
func (s *Shot) overshoot() float64 {
	most := math.Inf(-1)
	for _, c := range s.Corners {
		most = max(most, -c.X, -c.Y, c.X-float64(s.Width), c.Y-float64(s.Height))
	}
	return most / s.CardWidth
}

// pose turns and tilts the card and projects it through a lens two and a half
// card widths away.
func (s *Shot) pose(fill float64, at Point, turn, tiltX, tiltY float64) {
	const far = 2.5
	w := fill * float64(min(s.Width, s.Height*3/2))
	for i, c := range [4]Point{{-0.5, -27.0 / 85.6}, {0.5, -27.0 / 85.6}, {0.5, 27.0 / 85.6}, {-0.5, 27.0 / 85.6}} {
		x := c.X*math.Cos(turn) - c.Y*math.Sin(turn)
		y := c.X*math.Sin(turn) + c.Y*math.Cos(turn)
		z := far + x*math.Sin(tiltY) + y*math.Sin(tiltX)
		s.Corners[i] = Point{at.X*float64(s.Width) + w*x*math.Cos(tiltY)*far/z, at.Y*float64(s.Height) + w*y*math.Cos(tiltX)*far/z}
	}
	s.CardWidth = (distance(s.Corners[0], s.Corners[1]) + distance(s.Corners[3], s.Corners[2])) / 2
}

// scaled is the same photograph with fewer pixels.
func (s Shot) scaled(by float64) Shot {
	s.Width, s.Height = int(float64(s.Width)*by), int(float64(s.Height)*by)
	s.CardWidth *= by
	for i, c := range s.Corners {
		s.Corners[i] = Point{c.X * by, c.Y * by}
	}
	return s
}

func distance(a, b Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }
