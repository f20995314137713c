module lateen.example/bench/load

go 1.22
