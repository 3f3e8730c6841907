/** What is stored of a model beside its files; nothing here reads its config. */
export const MODEL = {
  id: 'm',
  name: 'M',
  origin: { kind: 'files' as const },
  licence: null,
  config: {} as never,
  parameters: 1,
  practice: false,
}
