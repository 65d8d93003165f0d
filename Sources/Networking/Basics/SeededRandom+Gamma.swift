import Glibc

extension SeededRandom {
    /// A draw from the gamma distribution with this shape, above zero, and the scale 1 (Marsaglia
    /// and Tsang 2000; below 1 by their boost from the shape one higher).
    package mutating func gamma(shape: Double) -> Double {
        if shape < 1 {
            return gamma(shape: shape + 1) * pow(1 - unit(), 1 / shape)
        }
        let offset = shape - 1.0 / 3
        let factor = 1 / (9 * offset).squareRoot()
        while true {
            let deviate = normal()
            let root = 1 + factor * deviate
            guard root > 0 else { continue }
            let cube = root * root * root
            let limit = deviate * deviate / 2 + offset * (1 - cube + log(cube))
            if log(1 - unit()) < limit { return offset * cube }
        }
    }
}
