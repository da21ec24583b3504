import { isNameOfSummary } from './records';

test.each(
  [
    'Mean, SD, Std. Dev., S.D., Std. Error, TOTAL, Total:, Average =, All, Overall, 1st Qu., 3rd Qu., Mode, Reference range',
    'Mean (SD), TOTAL (n=30), Mean ± SD, Min/Max, Mean value, Arithmetic mean, Grand Total, Column total, STDEV.P',
    'Mittelwert, Durchschnittswert, Gesamtsumme, Gesamtergebnis, Std.-Abw., Stabw, Median:, Standardabweichung',
    'Médiane, mediane, Écart-type, Ecart type, Total général, Moyenne, Somme',
    'Media, Mediana, Promedio, Desviación estándar, Desv. est., Máximo, mínimo, Suma, Total general',
    'Média, Desvio padrão, Totale, Deviazione standard, Gemiddelde, Totaal, Standaarddeviatie',
    'Medelvärde, Standardavvikelse, Summa, Średnia, Odchylenie standardowe, Ø, Σ',
    'Celkem, Průměr, Összesen, Átlag, Medie, Toplam, Ortalama, Yhteensä, Keskiarvo, Итого, Среднее, Средний, Разом',
    'Σύνολο, Μέσος όρος, 合計, 平均, 总计, 中央値, 합계, 평균, Ref. range, Normal values, Sollwert',
  ].flatMap((names) => names.split(', ')),
)('%j names a row that sums others up', (name) => {
  expect(isNameOfSummary(name)).toBe(true);
});

test.each([
  'P7',
  'Max Mustermann',
  'Mean-1',
  'Total 2026',
  'Medina',
  'Mediana Lopez',
  'N12',
  'Somme J.',
  'Allen',
  'Sum Yi',
  'SE',
  'MW',
  'Minna',
  'Range Rover',
  '(12)',
  'Lab total case 7',
  'S. D. Meier',
  'Normal',
  'Reference',
  'Иванов',
  '김',
  '',
])('%j may be an identifier', (name) => {
  expect(isNameOfSummary(name)).toBe(false);
});
