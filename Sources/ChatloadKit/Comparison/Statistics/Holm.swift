/// Decisions about many figures at once.
enum Holm {
    /// The p-values adjusted so that the chance of one or more false findings among all of them is at
    /// most the level they are compared with, however they depend on each other: the step-down
    /// procedure of S. Holm (Scandinavian Journal of Statistics 6, 1979, pp. 65–70), with his
    /// weights, by which some figures get a larger share of that chance than others.
    static func adjusted(_ values: [(p: Double, weight: Double)]) -> [Double] {
        let order = values.indices.sorted { left, right in
            let (first, second) = (values[left], values[right])
            let (a, b) = (first.p * second.weight, second.p * first.weight)
            return a == b ? left < right : a < b
        }
        var rest = values.reduce(0) { $0 + $1.weight }
        var least = 0.0
        var adjusted = [Double](repeating: 1, count: values.count)
        for index in order {
            let (p, weight) = values[index]
            if weight > 0 { least = max(least, min(1, p * rest / weight)) }
            adjusted[index] = weight > 0 ? least : 1
            rest -= weight
        }
        return adjusted
    }
}
